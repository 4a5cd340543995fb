"""A trial that trains: so many steps on some curriculum, with the settings of its variant."""

from typing import Any

import torch

from slava.ablations.material import Material
from slava.ablations.training import Trained, fine_tune
from slava.finetuning.config import FinetuneConfig
from slava.finetuning.curriculum import Curriculum
from slava.finetuning.features import FeatureStore, Seen
from slava.finetuning.measuring import measure, service_weights


def seen(material: Material) -> list[Seen]:
    """All images, with their features."""
    return FeatureStore(material.folder / "features").seen()


def classes(material: Material) -> Curriculum:
    """Each image's class. The split is the same for all seeds, which differ in what is drawn only."""
    return Curriculum.of(material.lessons, seen(material), material.config.held_out, 0)


def train(material: Material, curriculum: Curriculum, seed: int, changed: dict[str, Any]) -> Trained:
    """The default fine-tuning but for what is changed."""
    config = material.config
    # Half a step less: what is rounded up again is then the number of steps exactly.
    epochs = (config.steps - 0.5) * config.batch / len(curriculum.train)
    settings = FinetuneConfig(
        data=[str(material.data)],
        output="",
        model=config.model,
        epochs=epochs,
        batch=config.batch,
        seed=seed,
        **changed,
    )
    return fine_tune(settings, material.checkpoint, material.folder, curriculum)


def figures(trained: Trained) -> dict[str, float]:
    """On the images kept aside: as jobs/finetune.py measures, and how many experts answer.

    That is the exponential of the entropy of their mean weights: 1 if one does all, E if all do alike.
    """
    metrics, _ = measure(trained.mixture, trained.feeder)
    items = trained.feeder.curriculum.held_out
    use_E = service_weights(trained.mixture, trained.feeder, items).mean(dim=0)
    in_use = torch.special.entr(use_E).sum().exp().item()
    return {**metrics, "experts_in_use": in_use}
