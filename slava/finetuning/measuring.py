"""What the experts can do, on data that they never saw, as they will be served."""

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor

from slava import tasks
from slava.finetuning.curriculum import Item
from slava.finetuning.feeder import Feeder
from slava.finetuning.mixture import MixtureModel
from slava.model.calibration import accuracy, calibration_error, fit_temperature
from slava.model.labelling import label_probabilities

BATCH = 32


def service_weights(mixture: MixtureModel, feeder: Feeder, items: Sequence[Item]) -> Tensor:
    """The weights [N, E] with which the experts answer, in service's steps."""
    probabilities = mixture.gate(feeder.features(items).to(mixture.model.device))
    return mixture.gate.service_weights(probabilities)


@torch.inference_mode()
def label_scores(
    mixture: MixtureModel, feeder: Feeder, items: Sequence[Item], labels: tuple[str, ...]
) -> Tensor:
    """Log-probability of each label, [N, L]."""
    rows: list[list[float]] = []
    for start in range(0, len(items), BATCH):
        part = items[start : start + BATCH]
        mixture.routing.weights_BE = service_weights(mixture, feeder, part)
        tokens = feeder.store.tokens([item.place for item in part]).to(mixture.model.device)
        ranked = label_probabilities(mixture.model, feeder.tokens.processor, tokens, tasks.classify(labels))
        rows += [[dict(found)[label] for label in labels] for found in ranked]
    return torch.tensor(rows).clamp(min=1e-12).log()


@torch.inference_mode()
def language_loss(mixture: MixtureModel, feeder: Feeder, items: Sequence[Item]) -> float:
    """Mean language-modelling loss of the answers."""
    total = 0.0
    for start in range(0, len(items), BATCH):
        part = items[start : start + BATCH]
        mixture.routing.weights_BE = service_weights(mixture, feeder, part)
        total += mixture.answer_loss(feeder.of(part).to(mixture.model.device)).item() * len(part)
    return total / len(items)


def measure(mixture: MixtureModel, feeder: Feeder) -> tuple[dict[str, Any], float]:
    """Figures on the data kept aside, and the temperature that calibrates the labels' probabilities."""
    items, labels = feeder.curriculum.held_out, feeder.curriculum.labels
    labelled = [item for item in items if item.label]
    if not items:
        return {"held_out": 0}, 1.0
    metrics: dict[str, Any] = {"held_out": len(items), "language_loss": language_loss(mixture, feeder, items)}
    if not labelled:
        return metrics, 1.0
    scores = label_scores(mixture, feeder, labelled, labels)
    truth = torch.tensor([labels.index(item.label or "") for item in labelled])
    # Fitted on one half and told of the other.
    odd = torch.arange(len(labelled)) % 2 == 1
    temperature = fit_temperature(scores[~odd], truth[~odd])
    metrics["accuracy"] = accuracy(scores, truth)
    if odd.any():
        metrics["calibration_error"] = calibration_error(scores[odd], truth[odd], temperature)
    return metrics, temperature
