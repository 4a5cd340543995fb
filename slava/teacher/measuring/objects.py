"""Countable objects, or none: a segmentation is believed only if it passes every test for it.

The tests' bounds were set on drawn micrographs of known content (docs/generate.md has the errors found).
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage
from skimage import measure, segmentation

from slava.teacher.measuring.grey import Grey
from slava.teacher.measuring.segmentation import (
    LEAST_STEP,
    MOST_COVERED,
    NUDGE,
    Labels,
    Threshold,
    count_specks,
    separate,
    thresholds,
)

MOST_RAGGED = 0.16
"""Standard deviation of the background, as a share of the contrast."""
LEAST_SHARP = 5.0
"""Gradient at the objects' edges, in gradients of the background."""
LEAST_SOLID = 0.9
"""Share of its convex hull that an object fills, median and by area: outlines of one thing, not of a heap."""
MOST_SPECKS = 0.25
"""Pieces too small to be objects, as a share of the objects: with more, some of them are objects."""
MOST_THROUGH = 0.3
"""Share of the objects' area in such as the frame cuts on two sides or more: bands, nets, a background."""
MOST_LONG = 4.0
"""Median ratio of axes: longer ones cross each other and are no matter of counting blobs."""
MOST_UNSTABLE = 0.25
"""Change of the count with the threshold, as a share of it; one object more or less always may be."""
LEAST_TYPICAL = 44
"""Median area in pixels: of smaller ones, many are missed."""
EDGE = 2.0
"""Pixels by which any diameter may be off: one at either edge."""
MISSED = (0.9, 1.2)
"""What the true count is of the one found, in nine of ten drawn micrographs: touching ones pass for one."""
MOST_COUNTED = 400
"""Beyond, the objects are a texture."""


_SHAPE = ("solidity", "axis_major_length", "axis_minor_length")


@dataclass(frozen=True, eq=False)
class Objects:
    """Objects that were told apart, sizes in pixels of the picture."""

    count: int
    least: int
    most: int
    """Of the counts that other thresholds give, widened by what is missed in all of them."""
    bright: bool
    """Brighter than their background."""
    diameters: NDArray[np.float64]
    """Of circles of the same area, of those that the frame does not cut, or of all if it cuts each."""
    diameter_error: float
    """By how much the mean diameter changes with the threshold, and at least by two measured pixels."""
    cut: int
    """Objects that the frame cuts."""
    elongation: float
    """Median ratio of the axes."""
    solidity: float
    """Median share of the convex hull that is filled."""
    coverage: float
    """Share of the picture, 0 to 1."""
    coverage_error: float
    centres: NDArray[np.float64]
    """[N, 2], row and column."""
    frame: tuple[int, int]
    """Height and width of the picture."""


@dataclass(frozen=True, eq=False)
class _Trial:
    """The objects over a threshold, and over it when it is moved down and up."""

    threshold: Threshold
    raggedness: float
    labels: Labels
    nudged: tuple[Labels, Labels]

    @property
    def counts(self) -> list[int]:
        return [int(labels.max()) for labels in (self.labels, *self.nudged)]


def find_objects(grey: Grey, factor: int) -> Objects | None:
    """The objects of the clearest believable threshold, or None if others see something else."""
    trials = [trial for threshold in thresholds(grey) if (trial := _tried(grey, threshold))]
    if not trials:
        return None
    best = min(trials, key=lambda trial: trial.raggedness)
    counts = [
        count for trial in trials if trial.threshold.bright == best.threshold.bright for count in trial.counts
    ]
    if not _agree(counts):
        return None
    least, most = round(MISSED[0] * min(counts)), round(MISSED[1] * max(counts))
    return _described(best, max(least, 1), most, factor)


def _agree(counts: list[int]) -> bool:
    return max(counts) - min(counts) <= max(1.0, MOST_UNSTABLE * float(np.median(counts)))


def _tried(grey: Grey, threshold: Threshold) -> _Trial | None:
    """The objects over a threshold if contrast, edges, outlines and number are as those of objects are."""
    mask = threshold.mask()
    far = ~ndimage.binary_dilation(mask, iterations=3)
    if not 0 < mask.mean() <= MOST_COVERED or far.mean() < 0.05:
        return None
    contrast = float(np.median(threshold.above[mask]) - np.median(threshold.above[far]))
    raggedness = float(threshold.above[far].std()) / contrast
    if contrast < 2 * LEAST_STEP or raggedness > MOST_RAGGED:
        return None
    labels = separate(mask)
    count = labels.max()
    if not 0 < count <= MOST_COUNTED or count_specks(mask) > max(1.0, MOST_SPECKS * count):
        return None
    if not (_is_sharp(grey, labels, far) and _is_compact(labels)):
        return None
    low, high = (separate(threshold.mask(nudge * contrast)) for nudge in (-NUDGE, NUDGE))
    trial = _Trial(threshold, raggedness, labels, (low, high))
    return trial if _agree(trial.counts) else None


def _is_sharp(grey: Grey, labels: Labels, far: NDArray[np.bool_]) -> bool:
    gradient = ndimage.gaussian_gradient_magnitude(grey, 1.5)
    edges = segmentation.find_boundaries(labels > 0, mode="thick")
    return bool(gradient[edges].mean() > LEAST_SHARP * max(float(gradient[far].mean()), 0.1))


def _is_compact(labels: Labels) -> bool:
    table = measure.regionprops_table(labels, properties=("solidity", "area"))
    solidity, elongation = _shapes(labels)
    by_area = float(np.average(table["solidity"], weights=table["area"]))
    if np.median(table["area"]) < LEAST_TYPICAL:
        return False
    through = np.bincount(labels.ravel())[1:][_sides(labels) >= 2].sum() / (labels > 0).sum()
    return min(solidity, by_area) >= LEAST_SOLID and elongation <= MOST_LONG and through <= MOST_THROUGH


def _sides(labels: Labels) -> NDArray[np.int64]:
    """By how many of its four sides the frame cuts each object, [N]."""
    borders = (labels[0], labels[-1], labels[:, 0], labels[:, -1])
    touched = [np.isin(np.arange(1, labels.max() + 1), border) for border in borders]
    sides: NDArray[np.int64] = np.sum(touched, axis=0)
    return sides


def _shapes(labels: Labels) -> tuple[float, float]:
    table = measure.regionprops_table(labels, properties=_SHAPE)
    elongation = table["axis_major_length"] / np.maximum(table["axis_minor_length"], 1)
    return float(np.median(table["solidity"])), float(np.median(elongation))


def _described(trial: _Trial, least: int, most: int, factor: int) -> Objects:
    labels = trial.labels
    solidity, elongation = _shapes(labels)
    diameters, cut = _diameters(labels)
    means = [float(_diameters(other)[0].mean()) for other in trial.nudged if other.max()]
    coverages = [float((other > 0).mean()) for other in trial.nudged]
    height, width = labels.shape
    centres = np.array(ndimage.center_of_mass(labels > 0, labels, np.arange(1, labels.max() + 1)))
    return Objects(
        count=int(labels.max()),
        least=least,
        most=most,
        bright=trial.threshold.bright,
        diameters=diameters * factor,
        diameter_error=max(EDGE, *(abs(mean - float(diameters.mean())) for mean in means)) * factor,
        cut=cut,
        elongation=elongation,
        solidity=solidity,
        coverage=float((labels > 0).mean()),
        coverage_error=max(abs(share - float((labels > 0).mean())) for share in coverages),
        centres=centres * factor,
        frame=(height * factor, width * factor),
    )


def _diameters(labels: Labels) -> tuple[NDArray[np.float64], int]:
    """Of the whole objects, and how many the frame cuts."""
    areas = np.bincount(labels.ravel())[1:]
    cut = _sides(labels) > 0
    whole = areas[~cut]
    return np.sqrt(4 * (whole if len(whole) else areas) / np.pi), int(cut.sum())
