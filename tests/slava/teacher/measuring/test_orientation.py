"""The direction of drawn lines."""

import numpy as np
import pytest

from slava.teacher.measuring.orientation import find_orientation


@pytest.mark.parametrize("degrees", [0, 20, 45, 90, 130, 175])
def test_lines_run_where_they_were_drawn(degrees: float) -> None:
    y, x = np.mgrid[:200, :260].astype(np.float32)
    across = x * np.sin(np.radians(degrees)) + y * np.cos(np.radians(degrees))
    found = find_orientation((128 + 100 * np.sin(across / 4)).astype(np.float32))
    assert found.is_clear
    assert abs((found.degrees - degrees + 90) % 180 - 90) < 2


def test_noise_has_no_direction() -> None:
    noise = np.random.default_rng(0).normal(100, 20, (200, 200)).astype(np.float32)
    assert not find_orientation(noise).is_clear
