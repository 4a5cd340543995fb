"""What is kept of one domain when another is learned after it: one LoRA that goes on, or an expert added.

    python jobs/compare_domains.py --first NEU-SDD --then lib-cathode --output docs/domains.json

Both are folders of class folders. Each variant is trained with each seed in a process of its own, on the NF4
base, and measured on images kept aside of both domains. What is in the output already is not done again.
It prints the table of docs/experts.md. On a CPU, OMP_NUM_THREADS=1 with --at-once CORES is the quickest.
"""

import sys
from pathlib import Path
from typing import Annotated

from annotated_types import Ge, Gt, Lt
from pydantic import BaseModel, ConfigDict

from slava.cli import UsageError, run
from slava.datasets import DatasetError
from slava.finetuning.config import FinetuneConfig
from slava.processes import alone

COLUMNS = {
    "first_before": "first, before the second",
    "first": "first, after it",
    "then": "second",
    "first_of_all": "first, of all classes",
    "then_of_all": "second, of all classes",
}


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
        alone(look, config)
    except DatasetError as error:
        raise UsageError(str(error)) from error
    settings = config.model_dump(include={"per_class", "steps", "held_out", "model"})

    def one(name: str, seed: int) -> dict[str, float]:
        return alone(trial, config, name, seed)

    runs = tried(config.output, settings, list(VARIANTS), config.seeds, config.at_once, one)
    print("\n".join(table(runs)))
    return 0


def look(config: CompareDomainsConfig) -> None:
    """The visual features of all images, once. Raises DatasetError."""
    from slava.ablations.domains import images
    from slava.ablations.training import keep_features
    from slava.model.checkpoints import find_checkpoint

    uris = [uri for folder in (config.first, config.then) for uri in images(folder, config.per_class).images]
    keep_features(uris, find_checkpoint(config.model), config.work)


def trial(config: CompareDomainsConfig, name: str, seed: int) -> dict[str, float]:
    """One variant with one seed."""
    from slava.ablations import domains
    from slava.finetuning.features import FeatureStore
    from slava.model.checkpoints import find_checkpoint

    seen = FeatureStore(config.work / "features").seen()
    first, then = (
        domains.curriculum(domains.images(folder, config.per_class), seen, config.held_out)
        for folder in (config.first, config.then)
    )
    settings = FinetuneConfig(
        data="", output="", model=config.model, nested_ranks=False, matching_weight=0, seed=seed
    )
    both = domains.Domains(first, then, settings, config.steps, find_checkpoint(config.model), config.work)
    return domains.VARIANTS[name](both)


def table(runs: dict[str, dict[str, dict[str, float]]]) -> list[str]:
    """Accuracies as Markdown; means over the seeds, with the lowest and the highest."""
    from slava.ablations.tables import spread

    lines = [f"| variant | seeds | {' | '.join(COLUMNS.values())} |", "| --- " * (len(COLUMNS) + 2) + "|"]
    for name, seeds in runs.items():
        rows = list(seeds.values())
        told = [spread([row[key] for row in rows]) if key in rows[0] else "–" for key in COLUMNS]
        lines.append(f"| {name} | {len(rows)} | {' | '.join(told)} |")
    return lines


if __name__ == "__main__":
    sys.exit(run(CompareDomainsConfig, main, "jobs/compare_domains.py"))
