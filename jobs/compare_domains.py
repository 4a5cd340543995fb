"""What is kept of one domain when another is learned after it: one LoRA that goes on, or an expert added.

    python jobs/compare_domains.py --first NEU-SDD --then lib-cathode --output docs/domains.json

Both are folders of class folders. Each variant is trained with each seed in a process of its own, on the NF4
base, and measured on images kept aside of both domains. What is in the output already is not done again.
It prints the table of docs/experts.md. On a CPU, OMP_NUM_THREADS=1 with --at-once CORES is the quickest.

Without a second domain at hand, draw one:

    python -m slava.synth.lessons --output runs/drawn --count 450 --first-seed 1000000
    python jobs/compare_domains.py --first NEU-SDD --then runs/drawn/images --output runs/drawn.json
"""

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

from annotated_types import Ge, Gt, Lt
from pydantic import BaseModel, ConfigDict

from slava.cli import UsageError, run
from slava.datasets import DatasetError
from slava.finetuning.config import FinetuneConfig
from slava.finetuning.samples import DataError
from slava.processes import alone

if TYPE_CHECKING:
    from slava.finetuning.curriculum import Curriculum

COLUMNS = {
    "first_before": ("first, before the second", 3),
    "first": ("first, after it", 3),
    "change": ("change, points", 1),
    "then": ("second", 3),
    "mean": ("mean of both", 3),
    "first_of_all": ("first, of all classes", 3),
    "then_of_all": ("second, of all classes", 3),
    "mean_of_all": ("mean, of all classes", 3),
    "trainable_parameters": ("trainable", 0),
}
"""Titles and decimals of the figures."""


class CompareDomainsConfig(BaseModel):
    """Compare ways to learn a second domain without the images of the first."""

    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)

    first: str
    """Folder of class folders: the domain that is learned first."""
    then: str
    """Folder of class folders: the domain that comes after it."""
    output: Path
    """JSON file for the figures; what it holds already is not done again."""
    work: Path = Path("runs/domains")
    """Folder for the visual features, which are computed once."""
    per_class: Annotated[int, Ge(3)] = 45
    """Images taken of each class, the first by name."""
    steps: Annotated[int, Ge(1)] = 60
    """Of 8 samples, on each domain."""
    seeds: Annotated[int, Ge(1)] = 3
    """Each variant is trained so many times."""
    at_once: Annotated[int, Ge(1)] = 1
    """Trainings that run side by side."""
    held_out: Annotated[float, Gt(0), Lt(1)] = 1 / 3
    """Share of the images kept aside."""
    model: str = "nano"
    """nano, or the directory of a checkpoint."""


def main(config: CompareDomainsConfig) -> int:
    """Train what is missing, and print the table."""
    from slava.ablations.domains import VARIANTS
    from slava.ablations.seeds import tried

    try:
        domains = alone(look, config)
    except (DataError, DatasetError) as error:
        raise UsageError(str(error)) from error
    settings = config.model_dump(include={"per_class", "steps", "held_out", "model"}) | domains

    def one(name: str, seed: int) -> dict[str, float]:
        return alone(trial, config, name, seed)

    runs = tried(config.output, settings, list(VARIANTS), config.seeds, config.at_once, one)
    print("\n".join(table(runs)))
    return 0


def look(config: CompareDomainsConfig) -> dict[str, dict[str, Any]]:
    """The visual features of all images, once; what the domains are. Raises DataError, DatasetError."""
    from slava.ablations.domains import images
    from slava.ablations.training import keep_features
    from slava.model.checkpoints import find_checkpoint

    uris = [uri for folder in (config.first, config.then) for uri in images(folder, config.per_class).images]
    keep_features(uris, find_checkpoint(config.model), config.work)
    return {
        name: {"classes": list(own.labels), "learned": len(own.train), "kept_aside": len(own.held_out)}
        for name, own in zip(("first", "then"), curricula(config), strict=True)
    }


def curricula(config: CompareDomainsConfig) -> "list[Curriculum]":
    """What is learned of the first domain and of the second. Raises DataError, DatasetError."""
    from slava.ablations.domains import curriculum, images
    from slava.finetuning.features import FeatureStore

    seen = FeatureStore(config.work / "features").seen()
    folders = (config.first, config.then)
    return [curriculum(images(folder, config.per_class), seen, config.held_out) for folder in folders]


def trial(config: CompareDomainsConfig, name: str, seed: int) -> dict[str, float]:
    """One variant with one seed."""
    from slava.ablations.domains import VARIANTS, Domains
    from slava.model.checkpoints import find_checkpoint

    first, then = curricula(config)
    settings = FinetuneConfig(
        data=[config.first, config.then],
        output="",
        model=config.model,
        nested_ranks=False,
        matching_weight=0,
        seed=seed,
    )
    checkpoint = find_checkpoint(config.model)
    return VARIANTS[name](Domains(first, then, settings, config.steps, checkpoint, config.work))


def table(runs: dict[str, dict[str, dict[str, float]]]) -> list[str]:
    """Accuracies as Markdown; means over the seeds, with the lowest and the highest."""
    from slava.ablations.tables import spread

    titles = ("variant", "seeds", *(title for title, _ in COLUMNS.values()))
    lines = [f"| {' | '.join(titles)} |", "| --- " * len(titles) + "|"]
    for name, seeds in runs.items():
        rows = [with_means(row) for row in seeds.values()]
        told = [
            spread([row[key] for row in rows], digits) if all(key in row for row in rows) else "–"
            for key, (_, digits) in COLUMNS.items()
        ]
        lines.append(f"| {name} | {len(rows)} | {' | '.join(told)} |")
    return lines


def with_means(row: dict[str, float]) -> dict[str, float]:
    """Means over both domains, and what the second changed of the first, in points."""
    more = {
        "mean": (row["first"] + row["then"]) / 2,
        "mean_of_all": (row["first_of_all"] + row["then_of_all"]) / 2,
    }
    if "first_before" in row:
        more["change"] = 100 * (row["first"] - row["first_before"])
    return row | more


if __name__ == "__main__":
    sys.exit(run(CompareDomainsConfig, main, "jobs/compare_domains.py"))
