"""Shares of dark and bright."""

import numpy as np
import pytest

from slava.teacher.measuring.phases import find_phases


def test_the_share_of_pores_is_measured() -> None:
    grey = np.full((200, 200), 180, np.float32)
    grey[40:120, 20:120] = 40
    grey += np.random.default_rng(0).normal(0, 5, grey.shape).astype(np.float32)
    found = find_phases(grey)
    assert found is not None
    assert found.dark_share == pytest.approx(0.2, abs=0.01)
    assert found.error < 0.02


def test_a_ramp_is_not_two_phases() -> None:
    ramp = np.tile(np.linspace(100, 125, 200, dtype=np.float32), (200, 1))
    assert find_phases(ramp) is None
