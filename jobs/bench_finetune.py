"""Samples/s and memory of a training step: the mixture, plain LoRA, and PEFT with transformers' Trainer.

    python jobs/bench_finetune.py            # docs/bench_finetune.json; about ten minutes on two cores

    python -m slava.model.dummy 7B           # on a GPU: the steps of 7b, whose weights need not be there
    python jobs/bench_finetune.py --model 7B --batch 16 --recompute --output docs/bench_finetune_7b.json

All on the same samples, the same NF4 base, and the same number of trainable parameters, one after the
other, each in a process of its own. The first steps of each do not count.
"""

import json
import sys
import tempfile
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from statistics import median
from typing import Annotated, Any, Literal

from annotated_types import Ge
from pydantic import BaseModel, ConfigDict

from slava import machine
from slava.cli import run
from slava.finetuning.config import FinetuneConfig
from slava.processes import alone

RANK, EXPERTS, WARM = 8, 4, 2
PEERS, PLAIN = "PEFT + Trainer", "plain LoRA"
VARIANTS: dict[str, dict[str, Any]] = {
    PLAIN: {"experts": 1, "top_k": 1, "rank": EXPERTS * RANK},
    "MoPE top-1": {"top_k": 1},
    "MoPE top-2": {"top_k": 2},
    "MoPE soft": {"top_k": EXPERTS},
    "MoPE top-2, nested ranks": {"top_k": 2, "nested_ranks": True},
    "MoPE top-2, LM + ITM": {"top_k": 2, "matching_weight": 0.1},
}


class BenchConfig(BaseModel):
    """Measure training steps."""

    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)

    steps: Annotated[int, Ge(4)] = 10
    """Steps of each variant; the first two do not count."""
    model: str = "nano"
    """nano, or the directory of a checkpoint."""
    batch: Annotated[int, Ge(1)] = 8
    """Samples in a step."""
    recompute: bool = False
    """Recompute activations in the backward pass."""
    variants: list[Literal[PEERS, *VARIANTS]] = [PEERS, *VARIANTS]  # type: ignore[valid-type]
    """Which of them to measure."""
    output: Path = Path("docs/bench_finetune.json")
    """Where the figures are kept."""


def main(config: BenchConfig) -> int:
    """Run them all."""
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        alone(prepare, folder, config)
        rows: dict[str, dict[str, float]] = {}
        for name in config.variants:
            part = peft_and_trainer if name == PEERS else partial(ours, name)
            rows[name] = alone(part, folder, config)
            print(name, rows[name], flush=True)
    if PLAIN in rows:
        plain = rows[PLAIN]["step_s"]
        rows = {name: row | {"of_plain_lora": round(row["step_s"] / plain, 3)} for name, row in rows.items()}
    told = config.model_dump(include={"model", "batch", "recompute"})
    figures = {"variants": rows, **told, "machine": machine.describe()}
    figures["measured_at"] = datetime.now(UTC).isoformat(timespec="seconds")
    config.output.write_text(json.dumps(figures, indent=2) + "\n")
    return 0


def _settings(folder: Path, config: BenchConfig, name: str) -> FinetuneConfig:
    plain = {"rank": RANK, "experts": EXPERTS, "nested_ranks": False, "matching_weight": 0.0}
    own = {"data": str(folder / "drawn" / "images"), "output": "", "held_out": 0}
    own |= config.model_dump(include={"model", "batch", "recompute"})
    return FinetuneConfig(**{**own, **plain, **VARIANTS[name]})


def prepare(folder: Path, config: BenchConfig) -> None:
    """Drawn micrographs and their features, without Ray."""
    import numpy as np
    from PIL import Image

    from slava.datasets import image_id
    from slava.finetuning.features import FeatureWriter
    from slava.model.checkpoints import find_checkpoint
    from slava.model.encoder import VisionEncoder
    from slava.synth.lessons import LessonsConfig, write

    write(LessonsConfig(output=folder / "drawn", count=40))
    encoder = VisionEncoder(find_checkpoint(config.model))
    paths = sorted((folder / "drawn" / "images").glob("*/*.png"))
    width = encoder.config.text_config.hidden_size
    with FeatureWriter(folder / "features", (encoder.config.image_tokens, width)) as writer:
        for path in paths:
            tokens, pooled = encoder([np.asarray(Image.open(path).convert("RGB"))])
            row = {"uri": str(path), "member": None, "page": 0, "pages": 1, "context": None}
            writer.add(
                {**row, "image_id": image_id(str(path))}, tokens.numpy().tobytes(), pooled.numpy().tobytes()
            )


def ours(name: str, folder: Path, config: BenchConfig) -> dict[str, float]:
    """A variant of the mixture."""
    import torch

    from slava.finetuning.curriculum import Curriculum
    from slava.finetuning.features import FeatureStore
    from slava.finetuning.feeder import Worker
    from slava.finetuning.preparing import open_mixture, write_plan
    from slava.finetuning.samples import read_lessons
    from slava.finetuning.training import Trainer
    from slava.model import hardware
    from slava.model.checkpoints import find_checkpoint

    settings, checkpoint = _settings(folder, config, name), find_checkpoint(config.model)
    seen = FeatureStore(folder / "features").seen()
    curriculum = Curriculum.of(read_lessons(*settings.data), seen, 0, 0)
    feeder = write_plan(settings, checkpoint, folder, curriculum)
    mixture = open_mixture(settings, checkpoint, folder)
    trainer = Trainer(settings, mixture, mixture, config.steps)
    device, worker = torch.device(hardware.device()), Worker()
    steps = [
        trainer.step(step, feeder.batch(step, worker).to(device), worker) for step in range(config.steps)
    ]
    return _told([step["seconds"] for step in steps], config.batch, trainer.parameters)


def peft_and_trainer(folder: Path, config: BenchConfig) -> dict[str, float]:
    """Plain QLoRA as scripts do it: PEFT's LoRA and transformers' Trainer, on the same image tokens."""
    import time

    import torch
    from peft import LoraConfig, get_peft_model
    from transformers import Trainer, TrainerCallback, TrainingArguments

    from slava.finetuning.curriculum import Curriculum
    from slava.finetuning.features import FeatureStore
    from slava.finetuning.feeder import Worker
    from slava.finetuning.loading import load_base
    from slava.finetuning.preparing import write_plan
    from slava.finetuning.samples import read_lessons
    from slava.model.checkpoints import find_checkpoint
    from slava.mope.adapters import TARGETS

    settings, checkpoint = _settings(folder, config, PLAIN), find_checkpoint(config.model)
    seen = FeatureStore(folder / "features").seen()
    feeder = write_plan(settings, checkpoint, folder, Curriculum.of(read_lessons(*settings.data), seen, 0, 0))
    base = load_base(checkpoint, "nf4")
    if config.recompute:
        base.train().gradient_checkpointing_enable()
    rank = EXPERTS * RANK
    adapted = get_peft_model(base, LoraConfig(r=rank, lora_alpha=2 * rank, target_modules=TARGETS))

    class Learner(torch.nn.Module):
        """The model with its loss over all positions, as Hugging Face's models have it."""

        def __init__(self) -> None:
            super().__init__()
            self.adapted = adapted

        def forward(self, ids: Any, images: Any, labels: Any) -> dict[str, Any]:
            embeds = base.model.merge_inputs(ids, images)
            states = base.model.language_model(inputs_embeds=embeds, use_cache=False).last_hidden_state
            logits = base.lm_head(states)
            return {"loss": base.loss_function(logits, labels, base.config.text_config.vocab_size)}

    class Clock(TrainerCallback):  # type: ignore[misc]
        """When each step ended."""

        times: list[float]

        def __init__(self) -> None:
            self.times = []

        def on_step_end(self, *_: Any, **__: Any) -> None:
            self.times.append(time.perf_counter())

    batches = [feeder.batch(step, Worker()) for step in range(config.steps + 1)]
    rows = [
        {"ids": batch.ids_BT[row], "images": batch.image_tokens_BNH[row], "labels": batch.targets_BT[row]}
        for batch in batches
        for row in range(config.batch)
    ]
    length = max(len(row["ids"]) for row in rows)
    for row in rows:
        short = length - len(row["ids"])
        row["ids"] = torch.nn.functional.pad(row["ids"], (0, short))
        row["labels"] = torch.nn.functional.pad(row["labels"], (0, short), value=-100)
    clock = Clock()
    arguments = TrainingArguments(
        output_dir=str(folder / "trainer"),
        per_device_train_batch_size=config.batch,
        max_steps=config.steps,
        report_to=[],
        save_strategy="no",
        logging_strategy="no",
        remove_unused_columns=False,
        disable_tqdm=True,
        learning_rate=1e-3,
        dataloader_pin_memory=False,
    )
    Trainer(Learner(), arguments, train_dataset=rows, callbacks=[clock]).train()
    seconds = [after - before for before, after in zip(clock.times, clock.times[1:], strict=False)]
    return _told(seconds, config.batch, [value for value in adapted.parameters() if value.requires_grad])


def _told(seconds: list[float], batch: int, parameters: Any) -> dict[str, float]:
    step = median(seconds[WARM:])
    return {
        "step_s": round(step, 3),
        "samples_per_second": round(batch / step, 3),
        "peak_memory_mb": machine.peak_memory_mb(),
        "trainable_parameters": sum(value.numel() for value in parameters),
    }


if __name__ == "__main__":
    sys.exit(run(BenchConfig, main, "jobs/bench_finetune.py"))
