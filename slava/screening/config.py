"""What a screening can be told: the one place for its settings, and the source of `--help`."""

from pathlib import Path
from typing import Annotated, Literal

from annotated_types import Ge, Le, MinLen
from pydantic import BaseModel, ConfigDict, model_validator

from slava.mope.manifest import read_manifest
from slava.tasks.labels import NFFA_LABELS, read_labels

Task = Literal["classify", "caption", "vqa"]
"""What is asked of every micrograph."""


class ScreenConfig(BaseModel):
    """Screen archives of electron micrographs with sLAVA: classify, caption, or answer a question."""

    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)

    input: Annotated[list[str], MinLen(1)]
    """Folder, file, tar, zip or Parquet archive, or s3:// prefix. Give it several times for several."""
    output: str
    """Folder or s3:// prefix for results, dead letters and report. The same command again resumes there."""
    task: Task = "classify"
    """classify (one of the labels), caption, or vqa (answer the question)."""
    labels: str | None = None
    """For classify: `a,b,c`, or a file with one label a line. By default those that
    --experts learned, or the ten NFFA classes."""
    question: str | None = None
    """For vqa: the question asked about each micrograph."""
    context: str | None = None
    """Auxiliary text about all of the micrographs, beside what each brings of its own."""
    own_context: bool = True
    """Tell the model each micrograph's acquisition settings, and the description that lies beside it."""
    model: str = "nano"
    """nano, the directory of a checkpoint, or a hub id."""
    quantization: Literal["none", "w4a16", "w8a8"] = "none"
    """Bits of the language model's weights and activations; the quantized twin is made once and kept."""
    experts: str | None = None
    """Folder that jobs/finetune.py wrote; `none` for the base alone. By default the model's own experts."""
    expert: str | None = None
    """Let this one expert answer for all, instead of those that the gate picks for each micrograph."""
    limit: Annotated[int, Ge(1)] | None = None
    """Screen only so many micrographs."""
    max_error_rate: Annotated[float, Ge(0), Le(1)] = 0.2
    """Exit with 1 when a larger share of the inputs failed."""
    dry_run: bool = False
    """Say what would be done, with an estimate, and do nothing."""
    batch_size: Annotated[int, Ge(1), Le(1024)] = 32
    """Micrographs that a stage takes at a time."""
    encoders: Annotated[int, Ge(1)] = 1
    """Workers that run the vision tower; each takes a share of a GPU where there is one."""
    engines: Annotated[int, Ge(1)] = 1
    """vLLM engines; each takes a GPU where there is one."""

    @model_validator(mode="after")
    def _task_has_what_it_needs(self) -> "ScreenConfig":
        if self.task == "vqa" and not self.question:
            raise ValueError("--question: vqa needs the question to ask")
        if self.question and self.task != "vqa":
            raise ValueError(f"--question: only vqa takes one, the task is {self.task}")
        if self.labels and self.task != "classify":
            raise ValueError(f"--labels: only classify takes them, the task is {self.task}")
        return self

    def label_set(self) -> tuple[str, ...]:
        """The labels to choose from. Raises LabelError, and ExpertError for experts that are none."""
        if self.labels:
            return read_labels(self.labels)
        learned = read_manifest(self.experts_directory).labels if self.experts_directory else ()
        return learned or NFFA_LABELS

    @property
    def experts_directory(self) -> Path | None:
        """The experts that were named."""
        return Path(self.experts).expanduser().absolute() if self.experts not in (None, "none") else None
