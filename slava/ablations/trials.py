"""Trials, each kept in a file of its own when it is done: OUTPUT/trials/STUDY/VARIANT-seed-N.json."""

import json
import re
from collections.abc import Iterable
from dataclasses import asdict, dataclass, field
from pathlib import Path

from slava.ablations.config import AblateConfig, StudyName
from slava.ablations.studies import STUDIES


@dataclass(frozen=True)
class Trial:
    """A variant with a seed, and what came of it."""

    study: StudyName
    variant: str
    seed: int
    figures: dict[str, float] = field(default_factory=dict)
    seconds: float = 0.0

    def path(self, output: Path) -> Path:
        """Where it is kept."""
        name = re.sub(r"\W+", "-", self.variant)
        return output / "trials" / self.study / f"{name}-seed-{self.seed}.json"

    def keep(self, output: Path) -> None:
        """Write it, whole or not at all."""
        path = self.path(output)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.with_suffix(".part").write_text(json.dumps(asdict(self), indent=2) + "\n")
        path.with_suffix(".part").rename(path)


def wanted(config: AblateConfig, study: StudyName) -> list[Trial]:
    """All trials of a study, seed after seed, without their figures."""
    variants = STUDIES[study].variants(config)
    return [Trial(study, variant, seed) for seed in range(config.seeds) for variant in variants]


def done(trials: Iterable[Trial], output: Path) -> list[Trial]:
    """Those of them that are kept, with their figures."""
    paths = (trial.path(output) for trial in trials)
    return [Trial(**json.loads(path.read_text())) for path in paths if path.is_file()]
