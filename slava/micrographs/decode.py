"""From the bytes of a file to its micrographs. Content decides, never the name."""

import hashlib
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from slava.failures import Code, InputFailure, Stage
from slava.micrographs.acquisition import NOTHING, Acquisition
from slava.micrographs.info_bar import InfoBar, find_info_bar
from slava.micrographs.micrograph import Micrograph
from slava.micrographs.page import Page
from slava.micrographs.pixels import to_rgb
from slava.micrographs.raster import is_raster, read_raster
from slava.micrographs.sidecar import read_sidecar

MAX_PIXELS = 178_956_970
"""Of all pages of a file together; the most that Pillow opens too."""
MIN_SIDE = 16
"""A picture with a shorter side is lost as TOO_SMALL."""
_TIFF_STARTS = (b"II*\0", b"MM\0*", b"II+\0", b"MM\0+")


@dataclass(frozen=True)
class _Cut:
    """The rows of a frame that are picture."""

    top: int
    bottom: int
    info_bar: InfoBar | None


def decode(
    data: bytes, name: str, sidecar: str | None = None, max_pixels: int = MAX_PIXELS
) -> list[Micrograph]:
    """The micrographs of a file: one for each page of a TIFF or frame of an animation, in order.

    Pixels become 8-bit RGB. Over 8 bits (or float) the 0.1 to 99.9 percentiles of the picture
    are stretched over 0-255. Alpha is laid on white. EXIF orientation is not applied: no
    microscope writes one, and rows must stay those that the metadata speak of. TIFF's
    reduced-resolution pages and masks do not count. If one page fails, the file fails.

    Raises InputFailure (DECODE): EMPTY, NOT_AN_IMAGE, UNSUPPORTED, TRUNCATED, CORRUPT, BLANK,
    TOO_SMALL, and TOO_LARGE, found before any pixel is decoded.
    """
    if not data:
        raise InputFailure(Stage.DECODE, Code.EMPTY, "no bytes")
    pages = _read_pages(data, name, max_pixels)
    beside: dict[int, Acquisition] = {}
    digest = hashlib.sha256(data).hexdigest()
    micrographs = []
    for index, page in enumerate(pages):
        width = page.raw.shape[1]
        if sidecar and width not in beside:
            beside[width] = read_sidecar(sidecar, width)
        known = page.acquisition.filled_from(beside.get(width, NOTHING)).filled_from(page.resolution)
        try:
            pixels, cut = _picture(page)
        except InputFailure as failure:
            where = f"page {index} of {len(pages)}: " if len(pages) > 1 else ""
            raise InputFailure(failure.stage, failure.code, where + failure.message) from failure
        micrographs.append(
            Micrograph(
                pixels=pixels,
                page=index,
                pages=len(pages),
                full_width=width,
                full_height=page.raw.shape[0],
                info_bar=cut.info_bar,
                acquisition=known.with_frame(width),
                image_id=f"{digest}#{index}" if index else digest,
            )
        )
    return micrographs


def frames(data: bytes, name: str, max_pixels: int = MAX_PIXELS) -> list[NDArray[np.uint8]]:
    """The stored frames of a file as 8-bit RGB [H, W, 3], info bars included, for people to look at.

    Raises InputFailure as `decode` does, but for pictures that are blank or too small.
    """
    return [to_rgb(page.raw, with_bar=True) for page in _read_pages(data, name, max_pixels)]


def _read_pages(data: bytes, name: str, max_pixels: int) -> list[Page]:
    if data.startswith(_TIFF_STARTS):
        from slava.micrographs.tiff import read_tiff

        return read_tiff(data, max_pixels)
    if is_raster(data):
        return read_raster(data, max_pixels)
    raise InputFailure(Stage.DECODE, Code.NOT_AN_IMAGE, f"{name!a} holds no image of a known format")


def _picture(page: Page) -> tuple[NDArray[np.uint8], _Cut]:
    """The picture's pixels, and where in the frame it lies."""
    check_sides(*page.raw.shape[:2])
    frame = to_rgb(page.raw, with_bar=True)
    is_grey = page.raw.dtype == np.uint8 and page.raw.ndim == 2
    cut = _cut(page.raw if is_grey else frame, page.picture_height)
    raw = page.raw[cut.top : cut.bottom]
    check_sides(*raw.shape[:2])
    # Scaled again without the bar, whose black and white would take the whole range.
    pixels = to_rgb(raw) if raw.dtype != np.uint8 else frame[cut.top : cut.bottom]
    if (pixels == pixels[:1, :1]).all():
        raise InputFailure(Stage.DECODE, Code.BLANK, "every pixel has the same value")
    return np.ascontiguousarray(pixels), cut


def _cut(frame: NDArray[np.uint8], picture_height: int | None) -> _Cut:
    """The instrument's own word on the picture's height comes first."""
    height, width = frame.shape[:2]
    if picture_height is not None and height * 0.6 <= picture_height < height:
        return _Cut(0, picture_height, InfoBar(picture_height, height, 0, width))
    bar = find_info_bar(frame)
    if bar is None:
        return _Cut(0, height, None)
    if bar.top >= height - bar.bottom:
        return _Cut(0, bar.top, bar)
    return _Cut(bar.bottom, height, bar)


def check_sides(height: int, width: int) -> None:
    """Raises TOO_SMALL."""
    if min(height, width) < MIN_SIDE:
        raise InputFailure(
            Stage.DECODE, Code.TOO_SMALL, f"{width} x {height} pixels; at least {MIN_SIDE} a side"
        )
