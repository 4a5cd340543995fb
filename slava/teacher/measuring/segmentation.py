"""Objects told from their background: several thresholds, each on trial before it is believed."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage
from skimage import filters, segmentation
from skimage.morphology import disk, reconstruction

from slava.teacher.measuring.grey import Grey, Mask, flattened, spread

Labels = NDArray[np.int32]

SMOOTHING = 1.2
"""Sigma in pixels: grain is smaller than any object."""
LEAST_AREA = 25
"""Pixels of an object; smaller ones cannot be told from grain."""
LEAST_STEP = 4.0
"""Grey values by which objects must stand out."""
LEAST_SPECK = 4
"""Pixels; less is noise."""
SPLIT_DEPTH = 0.15
"""Necks that are shallower, as a share of the object's half width, do not part it in two."""
NUDGE = 0.12
"""By which share of the contrast the threshold is moved to see whether the objects change."""
MOST_COVERED = 0.5
"""Beyond, objects lie on each other, and what is called background is what lies between."""


@dataclass(frozen=True, eq=False)
class Threshold:
    """How far each pixel lies above the threshold, in grey values; objects are above."""

    above: Grey
    bright: bool
    """Whether objects are brighter than their background."""

    def mask(self, nudge: float = 0.0) -> Mask:
        """The pixels of objects, with the threshold moved by `nudge` grey values."""
        mask: Mask = self.above > nudge
        return mask


def thresholds(grey: Grey) -> Iterator[Threshold]:
    """Otsu's for either polarity, and half the objects' height over a flattened background.

    Otsu's fails where objects are few, the other where they cover much.
    """
    smooth = ndimage.gaussian_filter(grey, SMOOTHING)
    otsu = float(filters.threshold_otsu(smooth))
    yield Threshold(smooth - otsu, bright=True)
    yield Threshold(otsu - smooth, bright=False)
    flat = flattened(smooth)
    for bright in (True, False):
        height = flat if bright else -flat
        level = _half_height(height)
        if level is not None:
            yield Threshold(height - level, bright)


def _half_height(height: Grey) -> np.float32 | None:
    """Half the median height of what rises clearly above the noise; None if nothing does."""
    floor = max(5 * spread(height), LEAST_STEP)
    labels = ndimage.label(height > floor)[0]
    areas = np.bincount(labels.ravel())[1:]
    large = np.nonzero(areas >= LEAST_AREA // 2)[0] + 1
    if not len(large):
        return None
    return np.float32(max(floor, np.median(ndimage.maximum(height, labels, large)) / 2))


def separate(mask: Mask) -> Labels:
    """Number the objects of a mask, [H, W], from 1: holes filled, specks gone, touching ones parted.

    Parted by a watershed of the distance to the edge, in which shallow maxima do not count.
    """
    mask = ndimage.binary_opening(ndimage.binary_fill_holes(mask), disk(1))
    pieces, count = ndimage.label(mask)
    distance = ndimage.gaussian_filter(ndimage.distance_transform_edt(mask).astype(np.float32), 1.0)
    deepest = np.zeros(count + 1, np.float32)
    if count:
        deepest[1:] = ndimage.maximum(distance, pieces, np.arange(1, count + 1))
    depth = np.where(mask, np.maximum(0.75, SPLIT_DEPTH * deepest[pieces]), 0)
    filled = reconstruction(np.maximum(distance - depth, 0), distance)
    seeds, _ = ndimage.label(mask & (distance - filled >= 0.999 * depth))
    labels = segmentation.watershed(-distance, seeds, mask=mask)
    small = np.bincount(labels.ravel()) < LEAST_AREA
    labels[small[labels]] = 0
    relabelled: Labels = segmentation.relabel_sequential(labels)[0].astype(np.int32)
    return relabelled


def count_specks(mask: Mask) -> int:
    """Pieces of a mask that are more than a pixel or two, but too small for objects."""
    areas = np.bincount(ndimage.label(mask)[0].ravel())[1:]
    return int(((areas >= LEAST_SPECK) & (areas < LEAST_AREA)).sum())
