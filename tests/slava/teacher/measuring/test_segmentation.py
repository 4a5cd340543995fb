"""Thresholds and the parting of touching objects."""

import numpy as np

from slava.teacher.measuring.segmentation import count_specks, separate, thresholds


def _disc(row: float, column: float, radius: float) -> np.ndarray:
    y, x = np.mgrid[:100, :160]
    return (y - row) ** 2 + (x - column) ** 2 <= radius**2


def test_touching_discs_are_parted_and_holes_filled() -> None:
    ring = _disc(50, 120, 20) & ~_disc(50, 120, 10)
    labels = separate(_disc(50, 30, 15) | _disc(50, 56, 15) | ring)
    assert labels.max() == 3
    assert labels[50, 120] != 0
    assert labels[50, 30] != labels[50, 56]


def test_an_empty_mask_has_no_objects() -> None:
    assert separate(np.zeros((50, 50), bool)).max() == 0


def test_specks_are_no_objects_but_are_counted() -> None:
    mask = _disc(50, 30, 15)
    mask[5:7, 100:103] = True
    mask[80, 140] = True
    assert separate(mask).max() == 1
    assert count_specks(mask) == 1


def test_few_objects_are_found_by_their_height() -> None:
    grey = np.random.default_rng(0).normal(50, 2, (100, 160)).astype(np.float32)
    grey[_disc(50, 80, 4)] = 150
    masks = [threshold.mask() for threshold in thresholds(grey) if threshold.bright]
    assert any(40 < mask.sum() < 70 for mask in masks)
