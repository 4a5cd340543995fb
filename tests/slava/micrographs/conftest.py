"""Images made here, and where the real ones lie."""

import io
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tifffile
from numpy.typing import NDArray
from PIL import Image, ImageDraw

DATA = Path(__file__).parents[3].parent / "shared" / "data"


@pytest.fixture(scope="session")
def data() -> Path:
    if not DATA.is_dir():
        pytest.skip(f"no real images: {DATA.name} is absent beside the repository")
    return DATA


def noise(height: int = 64, width: int = 80, channels: int = 0, seed: int = 0) -> NDArray[np.uint8]:
    shape = (height, width, channels) if channels else (height, width)
    return np.random.default_rng(seed).integers(0, 256, shape, np.uint8)


@pytest.fixture
def pil() -> Callable[..., bytes]:
    """Noise of a Pillow mode in a format."""

    def make(mode: str, form: str, height: int = 64, width: int = 80, **options: Any) -> bytes:
        file = io.BytesIO()
        Image.fromarray(noise(height, width, 3)).convert(mode).save(file, form, **options)
        return file.getvalue()

    return make


@pytest.fixture
def tif() -> Callable[..., bytes]:
    """An array as a TIFF."""

    def make(array: NDArray[Any], **options: Any) -> bytes:
        file = io.BytesIO()
        tifffile.imwrite(file, array, **options)
        return file.getvalue()

    return make


@pytest.fixture
def barred() -> Callable[..., NDArray[np.uint8]]:
    """A soft picture [H, 640] under (or over) a bar of 40 rows with text and a scale bar."""

    def make(background: int, ink: int, at_top: bool = False, level: int = 110) -> NDArray[np.uint8]:
        picture = np.random.default_rng(1).normal(level, 25, (440, 640)).clip(0, 255).astype(np.uint8)
        bar = Image.new("L", (640, 40), background)
        draw = ImageDraw.Draw(bar)
        draw.text((10, 12), "15.0 kV  WD 9.1 mm  Mag 1.00 K X  Signal A = SE2", fill=ink)
        draw.rectangle((480, 18, 600, 22), fill=ink)
        rows = [np.asarray(bar), picture] if at_top else [picture, np.asarray(bar)]
        return np.concatenate(rows)

    return make
