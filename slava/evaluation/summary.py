"""What an evaluation's `report.json` holds."""

from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, Field

from slava.evaluation import classification
from slava.evaluation.bootstrap import Figure, figure
from slava.evaluation.predictions import Predictions
from slava.micrographs import decode, thumbnail

MISTAKES = 8


class _Frozen(BaseModel):
    model_config = ConfigDict(frozen=True, use_attribute_docstrings=True, protected_namespaces=())


class Mistake(_Frozen):
    """An answer that was wrong, or, for texts, far from the reference."""

    uri: str
    expected: str
    answered: str
    confidence: float | None = None
    """Of the wrong label; null for texts."""
    thumbnail: bytes = Field(exclude=True)
    """A JPEG, for report.html."""


class Entry(_Frozen):
    """One row of the comparison: a model and a way to ask it."""

    name: str
    """The way: zero-shot, a way of few-shot, or a baseline."""
    model: str
    """The model, or the one whose tower gave the features."""
    labelled: int
    """Labelled images that it was shown or trained on."""
    images: int
    """Images that were scored."""
    episodes: int = 1
    """Draws of few-shot examples; figures are means over them."""
    unanswered: int = 0
    """Images left out, since the screening gave no answer."""
    refused: int = 0
    """Images left out, since their prompt named their class."""
    figures: dict[str, Figure]
    """The metrics, with 95 % bootstrap intervals over images and episodes."""
    confusion: list[list[int]] | None = None
    """classify: a row for each true, a column for each predicted label."""
    reliability: list[classification.Bin] = []
    """classify: confidence against accuracy."""
    mistakes: list[Mistake] = []
    """The surest wrong answers, or the worst texts."""


class Evaluation(_Frozen):
    """The whole of `report.json`."""

    schema_version: int = 1
    task: str
    data: str
    """The data set's folder, or the file of references."""
    split: str
    """held_out or all, with the share and the seed."""
    labels: tuple[str, ...]
    """classify: the options, in the order of the confusion matrices."""
    command: str
    entries: list[Entry]


def classification_entry(
    name: str,
    model: str,
    predictions: Predictions,
    uris: list[str],
    labelled: int = 0,
    unanswered: int = 0,
    refused: int = 0,
) -> Entry:
    """The row of a classifier; `uris` [N] are the images of the predictions."""
    truth, probabilities = predictions.flat_truth, predictions.flat_probabilities
    return Entry(
        name=name,
        model=model,
        labelled=labelled,
        images=len(uris),
        episodes=len(predictions.probabilities),
        unanswered=unanswered,
        refused=refused,
        figures=_figures(predictions),
        confusion=classification.confusion(probabilities, truth).tolist(),
        reliability=classification.reliability(probabilities, truth),
        mistakes=_surest_mistakes(predictions, uris),
    )


def _figures(predictions: Predictions) -> dict[str, Figure]:
    truth, probabilities = predictions.flat_truth, predictions.flat_probabilities
    episodes, images, labels = predictions.probabilities.shape

    def top(k: int) -> Figure:
        right = classification.in_top_k(probabilities, truth, k)
        return figure(lambda places: float(right[places].mean()), images, episodes)

    def of(metric: classification.Metric) -> Figure:
        return figure(lambda places: metric(probabilities[places], truth[places]), images, episodes)

    figures = {"top-1": top(1)} | ({"top-5": top(5)} if labels > 5 else {})
    return figures | {"macro-F1": of(classification.macro_f1), "ECE": of(classification.calibration_error)}


def _surest_mistakes(predictions: Predictions, uris: list[str]) -> list[Mistake]:
    """Of the first episode."""
    probabilities: NDArray[np.float64] = predictions.probabilities[0]
    answered = probabilities.argmax(1)
    wrong = np.flatnonzero(answered != predictions.truth)
    surest = wrong[np.argsort(-probabilities[wrong, answered[wrong]], kind="stable")][:MISTAKES]
    return [
        Mistake(
            uri=uris[place],
            expected=predictions.labels[predictions.truth[place]],
            answered=predictions.labels[answered[place]],
            confidence=float(probabilities[place, answered[place]]),
            thumbnail=_thumbnail(uris[place]),
        )
        for place in surest
    ]


def _thumbnail(uri: str) -> bytes:
    return thumbnail(decode(Path(uri).read_bytes(), uri)[0])
