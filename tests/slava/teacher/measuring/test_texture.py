"""Contrast, grain, noise and clipping of drawn pictures."""

import numpy as np
import pytest
from scipy import ndimage

from slava.teacher.measuring.texture import find_texture


def test_noise_is_measured() -> None:
    grey = np.random.default_rng(0).normal(128, 10, (300, 300)).astype(np.float32)
    assert find_texture(grey, 1).noise == pytest.approx(10, rel=0.1)


def test_coarser_texture_has_a_longer_grain() -> None:
    noise = np.random.default_rng(0).normal(0, 1, (300, 300))
    fine, coarse = (ndimage.gaussian_filter(noise, sigma).astype(np.float32) * 200 + 128 for sigma in (2, 8))
    assert 2.5 * find_texture(fine, 1).grain < find_texture(coarse, 1).grain
    assert find_texture(fine, 2).grain == 2 * find_texture(fine, 1).grain


def test_clipped_shares() -> None:
    grey = np.full((100, 100), 128, np.float32)
    grey[:10], grey[-20:] = 255, 0
    found = find_texture(grey, 1)
    assert (found.white, found.black) == (pytest.approx(0.1), pytest.approx(0.2))
