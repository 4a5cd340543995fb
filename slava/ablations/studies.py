"""The three studies, by their names."""

from collections.abc import Callable
from dataclasses import dataclass

from slava.ablations import data_generation, few_shot, losses
from slava.ablations.config import AblateConfig, StudyName
from slava.ablations.material import Material


@dataclass(frozen=True)
class Metric:
    """A figure of every trial."""

    title: str
    digits: int = 3


@dataclass(frozen=True)
class Study:
    """Variants that are tried and compared."""

    title: str
    variants: Callable[[AblateConfig], list[str]]
    run: Callable[[Material, str, int], dict[str, float]]
    """One trial: its figures, of a variant with a seed."""
    metrics: dict[str, Metric]
    """The figures that are told, by their names; the first two are drawn."""


ACCURACY = {"accuracy": Metric("accuracy")}
CALIBRATION = {"calibration_error": Metric("calibration error")}

STUDIES: dict[StudyName, Study] = {
    "losses": Study(
        "Losses",
        lambda config: list(losses.VARIANTS),
        losses.run,
        ACCURACY
        | {"experts_in_use": Metric("experts in use", 2), "language_loss": Metric("loss of the label")}
        | CALIBRATION,
    ),
    "data": Study(
        "Data generation",
        lambda config: list(data_generation.VARIANTS),
        data_generation.run,
        ACCURACY
        | {"teacher_loss": Metric("loss of the teacher's answers"), "triples": Metric("triples learned", 0)}
        | CALIBRATION,
    ),
    "few-shot": Study(
        "Few-shot examples",
        few_shot.variants,
        few_shot.run,
        {"top_1": Metric("top-1"), "macro_f1": Metric("macro-F1")}
        | CALIBRATION
        | {"labelled": Metric("labels used", 0)},
    ),
}
