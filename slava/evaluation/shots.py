"""Which labelled images a few-shot classifier is shown: the paper's ablation of sampling."""

from typing import Literal

import numpy as np
from numpy.typing import NDArray

from slava.datasets import DatasetError

Sampling = Literal["random", "by-class", "similar"]
"""random: any of the pool; by-class: the same number of each class; similar: those nearest the query."""

Places = NDArray[np.int64]


def draw_shots(
    sampling: Sampling,
    labels: Places,
    similarity: NDArray[np.float32],
    per_class: int,
    rng: np.random.Generator,
) -> Places:
    """[Q, S]: for each of Q queries the places in the pool of the `per_class` * L images that it is shown.

    `labels` [P] are the pool's, `similarity` [Q, P]. random and by-class show all queries the same images;
    similar puts the nearest last, next to the question. Raises DatasetError where a class, or the pool,
    has too few images.
    """
    classes, counts = np.unique(labels, return_counts=True)
    if counts.min() < per_class:
        raise DatasetError(f"--shots {per_class}: a class has only {counts.min()} images to draw them from")
    size = per_class * len(classes)
    if sampling == "similar":
        return np.argsort(similarity, axis=1)[:, -size:]
    if sampling == "random":
        drawn = rng.choice(len(labels), size, replace=False)
    else:
        each = [rng.choice(np.flatnonzero(labels == label), per_class, replace=False) for label in classes]
        drawn = rng.permutation(np.concatenate(each))
    return np.tile(drawn, (len(similarity), 1))


def cosine(left: NDArray[np.float32], right: NDArray[np.float32]) -> NDArray[np.float32]:
    """[Q, P] cosines of [Q, D] and [P, D]."""
    unit = [rows / np.linalg.norm(rows, axis=1, keepdims=True) for rows in (left, right)]
    found: NDArray[np.float32] = unit[0] @ unit[1].T
    return found
