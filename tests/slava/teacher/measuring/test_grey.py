"""The picture as it is measured."""

import numpy as np

from slava.teacher.measuring.grey import LONG_SIDE, flattened, spread, to_grey


def test_large_pictures_are_shrunk_by_whole_pixels() -> None:
    pixels = np.full((100, 2 * LONG_SIDE + 2, 3), 80, np.uint8)
    grey, factor = to_grey(pixels)
    assert factor == 3
    assert grey.shape == (33, (2 * LONG_SIDE + 2) // 3)
    assert (grey == 80).all()


def test_a_slow_trend_goes_and_what_stands_out_stays() -> None:
    y, x = np.mgrid[-1:1:100j, -1:1:120j]
    grey = (100 + 40 * x - 30 * y * y).astype(np.float32)
    grey[40:50, 60:70] += 50
    flat = flattened(grey)
    assert abs(np.delete(flat, np.s_[40:50], axis=0)).max() < 1
    assert abs(flat[40:50, 60:70] - 50).max() < 1


def test_outliers_do_not_widen_the_spread() -> None:
    values = np.random.default_rng(0).normal(0, 3, 10_000).astype(np.float32)
    values[:500] = 1e4
    assert abs(spread(values) - 3) < 0.5
