"""What a fine-tuning can be told: the one place for its settings, and the source of `--help`."""

from typing import Annotated, Literal

from annotated_types import Ge, Gt, Le, Lt, MinLen
from pydantic import BaseModel, BeforeValidator, ConfigDict, StringConstraints, model_validator

ExpertName = Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9_-]{0,40}$")]


def _listed(data: object) -> object:
    """One alone needs no list in a file."""
    return [data] if isinstance(data, str) else data


class FinetuneConfig(BaseModel):
    """Fine-tune sLAVA on labelled micrographs or instruction data: a mixture of experts (DyA-MoPE)."""

    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)

    data: Annotated[list[str], MinLen(1), BeforeValidator(_listed)]
    """A folder of class folders, or conversations as JSONL or Parquet (what jobs/generate.py writes). Give it
    several times to learn from all: a folder at most, and any number of files."""
    output: str
    """Folder for the experts. The same command again resumes there; several machines must share it."""
    model: str = "nano"
    """nano, the directory of a checkpoint, or a hub id."""
    extend: str | None = None
    """A folder of experts to add one to; they stay as they are. Give --add-expert too."""
    add_expert: ExpertName | None = None
    """Name of the expert to add to those of --extend, for the new data."""

    experts: Annotated[int, Ge(1), Le(16)] = 4
    """LoRA experts on every linear layer of the language model; 1 is plain LoRA."""
    top_k: Annotated[int, Ge(1)] = 2
    """Experts that take part in one answer; as many as there are experts is a soft mixture."""
    rank: Annotated[int, Ge(1), Le(64)] = 8
    """Of each expert."""
    scale: Annotated[float, Gt(0)] = 2.0
    """Of each expert's contribution: lora_alpha / r. In a training of a hundred steps or less 8 learns more,
    with --no-nested-ranks (docs/experts.md)."""
    nested_ranks: bool = True
    """Train every smaller rank along (DyLoRA): each step uses rank, rank / 2, ... or 1, drawn at random."""
    gate: Literal["clusters", "even"] = "clusters"
    """How the gate begins: experts as clusters of the data's features, or all alike."""

    shared: Annotated[float, Ge(0), Le(1)] = 0.0
    """Share of the steps, from the first on, in which the experts learn as one from all samples; then each
    goes on with its own (sparse upcycling, Komatsuzaki et al. 2023). With --top-k 1 and little data, 0.5."""
    balance_weight: Annotated[float, Ge(0)] = 0.01
    """Of the loss that keeps the experts in even use."""
    matching_weight: Annotated[float, Ge(0)] = 0.1
    """Of the image-text matching loss (binary cross-entropy), beside language modelling at 1; 0: without."""

    base: Literal["nf4", "full"] = "nf4"
    """The frozen base in training: 4-bit NormalFloat with double quantization, or as it is stored."""
    epochs: Annotated[float, Gt(0)] = 4.0
    """Passes over the training data."""
    batch: Annotated[int, Ge(1)] = 8
    """Samples in one step, over all workers; a multiple of --num-workers."""
    expert_rate: Annotated[float, Gt(0)] = 1e-3
    """Peak learning rate of experts and matching head."""
    gate_rate: Annotated[float, Gt(0)] = 1e-3
    """Peak learning rate of the gate."""
    held_out: Annotated[float, Ge(0), Lt(1)] = 1 / 6
    """Share of the images, by a hash of their content, kept aside to measure and calibrate."""
    seed: int = 0
    """Of everything that is drawn at random."""

    num_workers: Annotated[int, Ge(1)] = 1
    """Processes that train; each takes a GPU where there are any."""
    strategy: Literal["ddp", "fsdp2"] = "ddp"
    """Each worker with the whole model, or with its share; what is in 4 bits is whole everywhere."""
    recompute: bool = False
    """Recompute activations in the backward pass: a third slower, in a fraction of the memory."""
    checkpoint_steps: Annotated[int, Ge(1)] = 50
    """Steps from one checkpoint to the next: what a crash can cost."""
    max_restarts: Annotated[int, Ge(0)] = 3
    """Times that the workers are started again, from the last checkpoint, when one of them dies."""

    @model_validator(mode="after")
    def _fits_together(self) -> "FinetuneConfig":
        if self.top_k > self.experts:
            raise ValueError(f"--top-k: at most --experts ({self.experts}), got {self.top_k}")
        if self.batch % self.num_workers:
            raise ValueError(f"--batch: a multiple of --num-workers ({self.num_workers}), got {self.batch}")
        if (self.extend is None) != (self.add_expert is None):
            raise ValueError("--extend and --add-expert: give both, or neither")
        return self
