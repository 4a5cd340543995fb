"""Intervals."""

import numpy as np

from slava.evaluation.bootstrap import figure


def test_the_interval_of_a_share_is_about_two_standard_errors() -> None:
    right = np.arange(400) % 4 > 0
    found = figure(lambda places: float(right[places].mean()), 400)
    assert found.value == 0.75
    error = (0.75 * 0.25 / 400) ** 0.5
    assert abs((found.high - found.low) / (4 * error) - 1) < 0.15
    assert found == figure(lambda places: float(right[places].mean()), 400)


def test_chance_of_the_draws_counts_too() -> None:
    """Two episodes that disagree wholly, on images that are all alike."""
    right = np.repeat([0.0, 1.0], 100)
    found = figure(lambda places: float(right[places].mean()), 100, episodes=2)
    assert (found.low, found.value, found.high) == (0, 0.5, 1)
