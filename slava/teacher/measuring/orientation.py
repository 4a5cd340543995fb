"""The direction along which a structure runs, from the structure tensor (Bigun and Granlund 1987)."""

from dataclasses import dataclass

import numpy as np
from scipy import ndimage

from slava.teacher.measuring.grey import Grey

SMOOTHING = 1.5
LEAST_COHERENCE = 0.65
"""Below, no direction leads: set on drawn micrographs whose direction is known."""


@dataclass(frozen=True)
class Orientation:
    """Where the structure runs."""

    degrees: float
    """0 to 180, anticlockwise from the horizontal."""
    coherence: float
    """0 for none, 1 for one direction everywhere."""

    @property
    def is_clear(self) -> bool:
        """Whether there is a direction at all."""
        return self.coherence >= LEAST_COHERENCE


def find_orientation(grey: Grey) -> Orientation:
    """The mean direction, each pixel counting as the square of its gradient."""
    down, right = (ndimage.gaussian_filter(grey, SMOOTHING, order=order) for order in ((1, 0), (0, 1)))
    xx, yy, xy = (float(np.mean(product)) for product in (right * right, down * down, right * down))
    across = 0.5 * np.arctan2(2 * xy, xx - yy)  # of the gradient, clockwise since rows run down
    coherence = float(np.hypot(xx - yy, 2 * xy) / max(xx + yy, 1e-6))
    return Orientation(float(90 - np.degrees(across)) % 180, coherence)
