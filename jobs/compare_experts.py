"""What the mixture is worth: plain LoRA and mixtures at equal trainable parameters, on the same images.

    python jobs/compare_experts.py --data FOLDER_OF_CLASS_FOLDERS --output docs/experts.json

Each variant is trained with each seed in a process of its own, on the NF4 base, and measured on the images
kept aside. What is in the output already is not done again, so the same command goes on where it stopped.
It prints the table of docs/experts.md. On a CPU, OMP_NUM_THREADS=1 with --at-once CORES is the quickest.
"""

import sys
from pathlib import Path
from statistics import mean, median
from typing import Annotated, Any, Literal

from annotated_types import Ge, Gt
from pydantic import BaseModel, ConfigDict

from slava import machine
from slava.cli import UsageError, run
from slava.datasets import DatasetError
from slava.finetuning.config import FinetuneConfig
from slava.processes import alone

EXPERTS, RANK, ALPHA = 4, 8, 64
"""One lora_alpha for all. Adam moves each direction of a LoRA equally far at a step: with one scale for all
(an alpha in proportion to the rank) a mixture would go a quarter of the way of the one LoRA."""
PLAIN = "plain QLoRA"
ONE_LORA = {"experts": 1, "top_k": 1, "rank": EXPERTS * RANK, "scale": ALPHA / (EXPERTS * RANK)}
VARIANTS: dict[str, dict[str, Any]] = {
    PLAIN: ONE_LORA,
    "MoPE top-1": {"top_k": 1},
    "MoPE top-2": {"top_k": 2},
    "MoPE soft": {"top_k": EXPERTS},
    "MoPE top-2, shared first": {"top_k": 2, "shared": 0.5},
    "MoPE top-2, nested ranks": {"top_k": 2, "nested_ranks": True},
    "plain QLoRA, LM + ITM": ONE_LORA | {"matching_weight": 0.1},
    "MoPE top-2, LM + ITM": {"top_k": 2, "matching_weight": 0.1},
}


class CompareConfig(BaseModel):
    """Compare ways to fine-tune, at equal trainable parameters and data."""

    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)

    data: str
    """Folder of class folders; classes of several sources, for mixed domains."""
    output: Path
    """JSON file for the figures; what it holds already is not done again."""
    work: Path = Path("runs/compare")
    """Folder for the visual features, which are computed once."""
    seeds: Annotated[int, Ge(1)] = 3
    """Each variant is trained so many times."""
    variants: list[Literal[*VARIANTS]] = [*VARIANTS]  # type: ignore[valid-type]
    """Which of them to train; the table has these."""
    at_once: Annotated[int, Ge(1)] = 1
    """Trainings that run side by side."""
    epochs: Annotated[float, Gt(0)] = 3.0
    """Of each training."""
    held_out: Annotated[float, Gt(0)] = 1 / 3
    """Share of the images kept aside."""
    model: str = "nano"
    """nano, or the directory of a checkpoint."""


def main(config: CompareConfig) -> int:
    """Train what is missing, and print the table."""
    from slava.ablations.seeds import tried
    from slava.finetuning.samples import DataError, read_lessons

    try:
        read_lessons(config.data)
    except (DataError, DatasetError) as error:
        raise UsageError(str(error)) from error
    alone(look, config)
    settings = config.model_dump(include={"epochs", "held_out", "model"})

    def one(name: str, seed: int) -> dict[str, float]:
        return alone(train, config, name, seed)

    runs = tried(config.output, settings, config.variants, config.seeds, config.at_once, one)
    print("\n".join(table(runs)))
    return 0


def look(config: CompareConfig) -> None:
    """The visual features of all images, once."""
    from slava.ablations.training import keep_features
    from slava.finetuning.samples import read_lessons
    from slava.model.checkpoints import find_checkpoint

    keep_features(read_lessons(config.data).images, find_checkpoint(config.model), config.work)


def train(config: CompareConfig, name: str, seed: int) -> dict[str, float]:
    """One training of one variant, and what came of it."""
    from slava.ablations.training import fine_tune
    from slava.finetuning.curriculum import Curriculum
    from slava.finetuning.features import FeatureStore
    from slava.finetuning.measuring import measure
    from slava.finetuning.samples import read_lessons
    from slava.model.checkpoints import find_checkpoint

    settings, checkpoint = _settings(config, name, seed), find_checkpoint(config.model)
    seen = FeatureStore(config.work / "features").seen()
    # The split is the same for all seeds: they differ in what is drawn, not in what is asked.
    curriculum = Curriculum.of(read_lessons(config.data), seen, config.held_out, 0)
    trained = fine_tune(settings, checkpoint, config.work, curriculum)
    metrics, _ = measure(trained.mixture, trained.feeder)
    return {
        "accuracy": round(metrics["accuracy"], 4),
        "language_loss": round(metrics["language_loss"], 4),
        "step_s": round(median(step["seconds"] for step in trained.steps[2:]), 3),
        "peak_memory_mb": machine.peak_memory_mb(),
        "trainable_parameters": trained.trainable,
    }


def table(runs: dict[str, dict[str, dict[str, float]]]) -> list[str]:
    """The figures as Markdown; means over the seeds, with the lowest and the highest."""
    from slava.ablations.tables import spread

    plain = mean(row["step_s"] for row in runs[PLAIN].values()) if PLAIN in runs else None
    titles = (
        "variant",
        "seeds",
        "accuracy",
        "loss of the label",
        "step, of plain QLoRA's",
        "peak memory",
        "trainable",
    )
    lines = [f"| {' | '.join(titles)} |", "| --- " * len(titles) + "|"]
    for name, seeds in runs.items():
        found = [row["accuracy"] for row in seeds.values()]
        step = mean(row["step_s"] for row in seeds.values())
        of_plain = f"{step / plain:.2f}" if plain else "–"
        memory = max(row["peak_memory_mb"] for row in seeds.values())
        size = max(row["trainable_parameters"] for row in seeds.values())
        loss = mean(row["language_loss"] for row in seeds.values())
        cells = (len(seeds), spread(found), f"{loss:.3f}", of_plain, f"{memory:,} MB", f"{size:,}")
        lines.append(f"| {' | '.join(map(str, (name, *cells)))} |")
    return lines


def _settings(config: CompareConfig, name: str, seed: int) -> FinetuneConfig:
    plain = {"experts": EXPERTS, "rank": RANK, "scale": ALPHA / RANK}
    plain |= {"nested_ranks": False, "matching_weight": 0.0, "shared": 0.0}
    common = {"data": config.data, "output": "", "model": config.model, "epochs": config.epochs, "seed": seed}
    return FinetuneConfig(**{**common, **plain, **VARIANTS[name]})


if __name__ == "__main__":
    sys.exit(run(CompareConfig, main, "jobs/compare_experts.py"))
