"""Metrics of classification. All take probabilities [N, L] and true labels [N]."""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict

BINS = 15

Labels = NDArray[np.int64]
Probabilities = NDArray[np.float64]


Metric = Callable[[Probabilities, Labels], float]


def in_top_k(probabilities: Probabilities, truth: Labels, k: int) -> NDArray[np.bool_]:
    """[N]: whether the true label is among the k most probable; a tie counts against it."""
    own = probabilities[np.arange(len(truth)), truth]
    found: NDArray[np.bool_] = (probabilities >= own[:, None]).sum(1) <= k
    return found


def confusion(probabilities: Probabilities, truth: Labels) -> NDArray[np.int64]:
    """[L, L] counts, a row for each true and a column for each predicted label."""
    size = probabilities.shape[1]
    pairs = truth * size + probabilities.argmax(1)
    return np.bincount(pairs, minlength=size * size).reshape(size, size)


def macro_f1(probabilities: Probabilities, truth: Labels) -> float:
    """Mean over the labels that occur, as truth or as prediction, of their F1."""
    counts = confusion(probabilities, truth)
    both = counts.sum(0) + counts.sum(1)
    occurs = both > 0
    return float((2 * counts.diagonal()[occurs] / both[occurs]).mean())


class Bin(BaseModel):
    """Answers of about the same confidence."""

    model_config = ConfigDict(frozen=True, use_attribute_docstrings=True)

    count: int
    confidence: float
    """Their mean."""
    accuracy: float


def reliability(probabilities: Probabilities, truth: Labels) -> list[Bin]:
    """The answers in `BINS` equal intervals of confidence, the empty ones left out."""
    confidence = probabilities.max(1)
    right = probabilities.argmax(1) == truth
    place = np.minimum((confidence * BINS).astype(int), BINS - 1)
    return [
        Bin(count=inside.sum(), confidence=confidence[inside].mean(), accuracy=right[inside].mean())
        for inside in (place == number for number in np.unique(place))
    ]


def calibration_error(probabilities: Probabilities, truth: Labels) -> float:
    """Expected calibration error of the top label (Naeini et al. 2015; Guo et al. 2017)."""
    bins = reliability(probabilities, truth)
    return sum(found.count * abs(found.confidence - found.accuracy) for found in bins) / len(truth)
