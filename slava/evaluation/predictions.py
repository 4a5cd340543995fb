"""What a classifier said of a set of images, next to the truth."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, eq=False)
class Predictions:
    """Probabilities of every label for N images, in each of E episodes (draws of few-shot examples)."""

    labels: tuple[str, ...]
    truth: NDArray[np.int64]
    """[N] places in `labels`."""
    probabilities: NDArray[np.float64]
    """[E, N, L]; a row that sums to one for each image and episode."""

    @property
    def flat_truth(self) -> NDArray[np.int64]:
        """[E*N], episode after episode."""
        return np.tile(self.truth, len(self.probabilities))

    @property
    def flat_probabilities(self) -> NDArray[np.float64]:
        """[E*N, L]."""
        return self.probabilities.reshape(-1, len(self.labels))
