"""Few-shot by features: the prototype head, which needs no training, and no language model.

A class is the mean of its examples' features (prototypical networks, Snell et al. 2017), after each dimension
was brought to mean 0 and deviation 1 over the examples, and is compared by its cosine.
"""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from safetensors import safe_open
from safetensors.numpy import save_file

from slava.evaluation.shots import cosine

Rows = NDArray[np.float32]

SCALES = (2.0, 4.0, 8.0, 16.0, 32.0)
"""Of the cosines, before the softmax."""


@dataclass(frozen=True, eq=False)
class PrototypeHead:
    """A classifier over a tower's features; small enough to keep with a plant's other settings."""

    labels: tuple[str, ...]
    mean: Rows
    """[D]"""
    deviation: Rows
    """[D]"""
    prototypes: Rows
    """[L, D], standardized; zero for a class without an example, which is never answered."""
    scale: float

    @classmethod
    def of(
        cls, labels: tuple[str, ...], examples: Rows, truth: NDArray[np.int64], spread: Rows | None = None
    ) -> "PrototypeHead":
        """From examples [S, D] with labels [S]; standardized over `spread` [P, D], else over themselves."""
        over = examples if spread is None else spread
        mean, deviation = over.mean(0), over.std(0) + 1e-3 * over.std()
        rows = (examples - mean) / deviation
        scale = _best_scale(rows, truth, len(labels))
        return cls(labels, mean, deviation, _prototypes(rows, truth, len(labels)), scale)

    def probabilities(self, features: Rows) -> NDArray[np.float64]:
        """[N, L] of features [N, D]."""
        rows = (features - self.mean) / self.deviation
        return _softmax(self.scale * _closeness(rows, self.prototypes))

    def save(self, path: Path) -> None:
        """Write the head as safetensors."""
        tensors = {"mean": self.mean, "deviation": self.deviation, "prototypes": self.prototypes}
        save_file(tensors, path, {"labels": "\n".join(self.labels), "scale": str(self.scale)})

    @classmethod
    def load(cls, path: Path) -> "PrototypeHead":
        """The head that `save` wrote."""
        with safe_open(path, "np") as file:
            said = file.metadata()
            tensors = {name: file.get_tensor(name) for name in ("mean", "deviation", "prototypes")}
        return cls(labels=tuple(said["labels"].split("\n")), scale=float(said["scale"]), **tensors)


def _prototypes(rows: Rows, truth: NDArray[np.int64], classes: int) -> Rows:
    known = np.eye(classes, dtype=np.float32)[truth]
    found: Rows = known.T @ rows / np.maximum(known.sum(0), 1)[:, None]
    return found


def _closeness(rows: Rows, prototypes: Rows) -> Rows:
    """[N, L] cosines, minus infinity to a class without examples."""
    present = prototypes.any(1)
    found = np.full((len(rows), len(prototypes)), -np.inf, np.float32)
    found[:, present] = cosine(rows, prototypes[present])
    return found


def _best_scale(rows: Rows, truth: NDArray[np.int64], classes: int) -> float:
    """The scale with the least log-loss when each example is judged by the others."""
    usable = np.flatnonzero(np.bincount(truth, minlength=classes)[truth] > 1)
    if not len(usable):
        return SCALES[len(SCALES) // 2]
    others = [np.arange(len(rows)) != place for place in usable]
    judged = [
        _closeness(rows[[place]], _prototypes(rows[rest], truth[rest], classes))
        for place, rest in zip(usable, others, strict=True)
    ]
    right = (np.arange(len(usable)), truth[usable])
    losses = [-np.log(_softmax(scale * np.concatenate(judged))[right]).mean() for scale in SCALES]
    return SCALES[int(np.argmin(losses))]


def _softmax(values: Rows) -> NDArray[np.float64]:
    weights = np.exp(values.astype(np.float64) - values.max(1, keepdims=True))
    found: NDArray[np.float64] = weights / weights.sum(1, keepdims=True)
    return found
