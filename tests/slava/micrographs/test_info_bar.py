from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from slava.micrographs import InfoBar, find_info_bar


def _pixels(path: Path) -> NDArray[np.uint8]:
    return np.asarray(Image.open(path))


@pytest.mark.parametrize(("background", "ink"), [(0, 255), (255, 0), (128, 255), (60, 230), (200, 0)])
def test_bars_of_all_greys(barred: Callable[..., NDArray[np.uint8]], background: int, ink: int) -> None:
    assert find_info_bar(barred(background, ink)) == InfoBar(440, 480, 0, 640)
    assert find_info_bar(barred(background, ink, at_top=True)) == InfoBar(0, 40, 0, 640)


def test_colour(barred: Callable[..., NDArray[np.uint8]]) -> None:
    pixels = np.repeat(barred(255, 0)[:, :, None], 3, axis=2)
    pixels[440:, :, 0] = 255  # red ink
    assert find_info_bar(pixels) == InfoBar(440, 480, 0, 640)


def test_no_bar_in_plain_regions() -> None:
    picture = np.random.default_rng(0).normal(120, 20, (480, 640)).clip(0, 255).astype(np.uint8)
    assert find_info_bar(picture) is None
    picture[400:] = 0  # a black region with a straight edge, but no text
    assert find_info_bar(picture) is None
    picture[400:] = np.random.default_rng(0).integers(0, 8, (80, 640))
    picture[430:440, 100:300:40] = 255  # and a few bright things on it
    assert find_info_bar(picture) is None
    assert find_info_bar(np.zeros((480, 640), np.uint8)) is None
    assert find_info_bar(np.zeros((8, 8), np.uint8)) is None


def test_every_bar_of_the_tabletop_microscope(data: Path) -> None:
    files = sorted((data / "lib-cathode").rglob("*.jpg"))[::5]
    assert {find_info_bar(_pixels(path)) for path in files} == {InfoBar(896, 960, 0, 1280)}
    assert {find_info_bar(_pixels(path)[:890]) for path in files} == {None}


def test_every_floating_bar(data: Path) -> None:
    """In NFFA's full images the bar is a framed box with a remnant of the picture below."""
    for path in sorted((data / "nffa" / "full").rglob("*.jpg")):
        bar = find_info_bar(_pixels(path))
        assert bar is not None
        assert 625 <= bar.top <= 645
        assert bar.bottom - bar.top in (62, 63)


def test_no_bar_where_there_is_none(data: Path) -> None:
    files = (
        sorted((data / "nffa" / "cropped").rglob("*.jpg")) + sorted((data / "neu-sdd").rglob("*.jpg"))[::5]
    )
    assert [path for path in files if find_info_bar(_pixels(path))] == []
