import pytest

from slava.cli import UsageError
from slava.screening.config import ScreenConfig
from slava.screening.room import check_room


def _asked(**workers):
    return ScreenConfig(input=["in"], output="out", **workers)


@pytest.mark.parametrize(
    ("workers", "device", "there"),
    [
        ({}, "cpu", {"CPU": 1.0}),
        ({"encoders": 2}, "cpu", {"CPU": 2.0}),
        ({}, "cuda", {"CPU": 2.0, "GPU": 1.0}),
        ({"encoders": 2, "engines": 2}, "cuda", {"CPU": 16.0, "GPU": 2.0}),
    ],
)
def test_what_fits(workers, device, there):
    check_room(_asked(**workers), device, there)


@pytest.mark.parametrize(
    ("workers", "device", "there", "why"),
    [
        ({"encoders": 4}, "cpu", {"CPU": 2.0}, "--encoders 4 and --engines 1: they want 2.9 cores, .* has 2"),
        ({"limit": 5}, "cpu", {"CPU": 1.0}, "they want 1.4 cores"),
        ({"engines": 4}, "cpu", {"CPU": 2.0}, "they want 2.5 cores"),
        ({"engines": 2}, "cuda", {"CPU": 16.0, "GPU": 1.0}, "they want 1.9 GPUs, .* has 1"),
    ],
)
def test_what_does_not_fit_is_said(workers, device, there, why):
    with pytest.raises(UsageError, match=why):
        check_room(_asked(**workers), device, there)
