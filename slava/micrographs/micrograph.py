"""The decoded micrograph."""

import io
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from slava.micrographs.acquisition import Acquisition
from slava.micrographs.info_bar import InfoBar


@dataclass(frozen=True, eq=False)
class Micrograph:
    """One picture of a file, ready for the model."""

    pixels: NDArray[np.uint8]
    """uint8 [H, W, 3], contiguous: the picture only, without its info bar. Grey is repeated."""
    page: int
    """Its place in the file, from 0."""
    pages: int
    full_width: int
    """Of the stored frame, info bar included, in pixels."""
    full_height: int
    info_bar: InfoBar | None
    """Where the instrument's bar lay in the stored frame."""
    acquisition: Acquisition
    image_id: str
    """SHA-256 of the file's content; later pages have `#page` appended."""


def thumbnail(micrograph: Micrograph, side: int = 128) -> bytes:
    """A JPEG that fits in a square of `side` pixels, for reports."""
    image = Image.fromarray(micrograph.pixels)
    image.thumbnail((side, side), Image.Resampling.BOX)
    file = io.BytesIO()
    image.save(file, "JPEG", quality=80)
    return file.getvalue()
