"""How much of the picture is bright and how much dark, where these are two things and not one."""

from dataclasses import dataclass

from scipy import ndimage
from skimage import filters

from slava.teacher.measuring.grey import Grey

LEAST_SEPARABLE = 0.75
"""Otsu's measure: the share of the variance that lies between the two phases."""
LEAST_CONTRAST = 30.0
"""Grey values between their means."""
NUDGE = 0.15


@dataclass(frozen=True)
class Phases:
    """A picture of two greys."""

    dark_share: float
    """0 to 1: the porosity where the dark phase is pores."""
    error: float
    """By how much it changes with the threshold."""
    separability: float


def find_phases(grey: Grey) -> Phases | None:
    """The two phases by Otsu's threshold (1979); None where they run into each other."""
    smooth = ndimage.gaussian_filter(grey, 1.0)
    level = float(filters.threshold_otsu(smooth))
    dark = smooth <= level
    share = float(dark.mean())
    if not 0.02 < share < 0.98:
        return None
    step = float(smooth[~dark].mean() - smooth[dark].mean())
    separability = share * (1 - share) * step**2 / float(smooth.var())
    if separability < LEAST_SEPARABLE or step < LEAST_CONTRAST:
        return None
    moved = [float((smooth <= level + nudge * step).mean()) for nudge in (-NUDGE, NUDGE)]
    return Phases(share, max(abs(other - share) for other in moved), separability)
