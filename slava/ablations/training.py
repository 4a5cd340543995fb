"""One fine-tuning in this process, without Ray Train: what comparisons of trainings are made of."""

import shutil
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from torch import Tensor

from slava.datasets import image_id
from slava.evaluation.features import tower_features
from slava.finetuning.config import FinetuneConfig
from slava.finetuning.curriculum import Curriculum
from slava.finetuning.features import FeatureStore, FeatureWriter
from slava.finetuning.feeder import Feeder, Worker
from slava.finetuning.mixture import MixtureModel
from slava.finetuning.preparing import open_mixture, write_plan
from slava.finetuning.training import Trainer


@dataclass(frozen=True, eq=False)
class Trained:
    """A mixture after its last step, with what it learned from."""

    mixture: MixtureModel
    feeder: Feeder
    steps: list[dict[str, float]]
    """Losses and seconds of each step."""
    trainable: int
    """Parameters."""


def keep_features(uris: Sequence[str], checkpoint: Path, folder: Path) -> None:
    """The visual features of these images, once, in FOLDER/features: the first page, without context."""
    store, part = folder / "features", folder / "features.part"
    if store.is_dir() and {seen.uri for seen in FeatureStore(store).seen()} >= set(uris):
        return
    seen = tower_features(uris, checkpoint, folder / "tower")
    shutil.rmtree(part, ignore_errors=True)
    with FeatureWriter(part, (seen.tokens.shape[1], seen.tokens.shape[2])) as writer:
        for uri, tokens, pooled in zip(uris, seen.tokens, seen.pooled, strict=True):
            row = {"uri": uri, "member": None, "page": 0, "pages": 1, "context": None}
            writer.add({**row, "image_id": image_id(uri)}, tokens.tobytes(), pooled.tobytes())
    shutil.rmtree(store, ignore_errors=True)
    part.rename(store)


def fine_tune(
    settings: FinetuneConfig,
    checkpoint: Path,
    folder: Path,
    curriculum: Curriculum,
    start: dict[str, Tensor] | None = None,
) -> Trained:
    """Train from the first step to the last on the features in FOLDER; `start` is what was learned before.

    Raises TrainingError.
    """
    with tempfile.TemporaryDirectory() as scratch:
        work = Path(scratch)
        (work / "features").symlink_to((folder / "features").absolute())
        feeder = write_plan(settings, checkpoint, work, curriculum)
        mixture = open_mixture(settings, checkpoint, work)
    mixture.load_state_dict(start or {}, strict=False)
    trainer = Trainer(settings, mixture, mixture, feeder.steps())
    device, worker = next(mixture.gate.parameters()).device, Worker()
    steps = [
        trainer.step(step, feeder.batch(step, worker).to(device), worker) for step in range(feeder.steps())
    ]
    mixture.eval()
    mixture.routing.rank = settings.rank
    return Trained(mixture, feeder, steps, sum(value.numel() for value in trainer.parameters))
