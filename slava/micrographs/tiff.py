"""TIFF, by tifffile and imagecodecs: the format that microscopes write."""

import io
from typing import Any

import numpy as np
import tifffile
from numpy.typing import NDArray
from PIL import Image

from slava.failures import Code, InputFailure, Stage
from slava.micrographs.instruments import read_instrument, read_resolution
from slava.micrographs.page import Page, check_size
from slava.micrographs.pixels import on_white

_BASE = {"MINISWHITE": 1, "MINISBLACK": 1, "PALETTE": 1, "RGB": 3, "YCBCR": 3, "SEPARATED": 4}
_REDUCED, _MASK = 1, 4
_MAX_PAGES = 10_000
_NUMBERS = (
    "imagewidth",
    "imagelength",
    "imagedepth",
    "tilewidth",
    "tilelength",
    "samplesperpixel",
    "rowsperstrip",
)
_BYTES_A_PIXEL = 6  # 16-bit RGB: a limit on pixels alone would let float64 take four times the memory


def read_tiff(data: bytes, max_pixels: int) -> list[Page]:
    """One Page for each page that is neither a reduced one nor a mask. Raises InputFailure."""
    try:
        with tifffile.TiffFile(io.BytesIO(data)) as tiff:
            pages = _pages(tiff)
            if not pages:
                raise InputFailure(Stage.DECODE, Code.TRUNCATED, "TIFF: no page in it")
            total = sum(page.imagewidth * page.imagelength * max(1, page.imagedepth) for page in pages)
            what = f"{pages[0].imagewidth} x {pages[0].imagelength}, {len(pages)} pages"
            check_size(total, what, max_pixels)
            for page in pages:
                check_size(page.tilewidth * page.tilelength, "a tile", max_pixels)
                _check(page, len(data))
            check_size(sum(page.nbytes for page in pages) // _BYTES_A_PIXEL, what, max_pixels)
            instrument, picture_height = read_instrument(tiff)
            resolutions = [read_resolution(tiff, page) for page in pages]
            return [
                Page(_raw(page), instrument, resolution, picture_height)
                for page, resolution in zip(pages, resolutions, strict=True)
            ]
    except InputFailure:
        raise
    except Exception as error:  # tifffile and the codecs let through whatever their parsing raised
        raise InputFailure(Stage.DECODE, _blame(error), f"TIFF: {error or type(error).__name__}") from error


def _pages(tiff: Any) -> list[Any]:
    if len(tiff.pages) > _MAX_PAGES:
        raise InputFailure(
            Stage.DECODE, Code.TOO_LARGE, f"TIFF: {len(tiff.pages)} pages; at most {_MAX_PAGES}"
        )
    pages = [page.aspage() for page in tiff.pages]
    for page in pages:  # a damaged count makes a tuple of a number, and Python multiplies tuples too
        sizes = [getattr(page, name) for name in _NUMBERS]
        if any(type(size) is not int for size in sizes) or not (page.imagewidth and page.imagelength):
            raise InputFailure(Stage.DECODE, Code.CORRUPT, "TIFF: a size that is no number, or zero")
    return [page for page in pages if not int(page.subfiletype) & (_REDUCED | _MASK)] or pages[:1]


def _check(page: Any, size: int) -> None:
    """What the tags say, before a pixel is decoded."""
    kind, samples = getattr(page.photometric, "name", ""), page.samplesperpixel
    if page.imagedepth > 1 or page.dtype is None or page.dtype.kind not in "uifb":
        raise _unsupported(
            f"{page.bitspersample} bits of format {page.sampleformat}, depth {page.imagedepth}"
        )
    if kind not in _BASE or samples - _colours(page) not in (0, 1):
        raise _unsupported(f"{samples} channels of {kind or 'unknown colour'}; split them into an image each")
    segments = list(zip(page.dataoffsets, page.databytecounts, strict=False))
    # tifffile fills what is missing with zeros: the rows that were never written would pass as black.
    if not segments or any(not count or offset + count > size for offset, count in segments):
        raise InputFailure(
            Stage.DECODE, Code.TRUNCATED, f"TIFF: pixels beyond the end of the file, {size} bytes"
        )
    rows = page.imagelength
    if not page.is_tiled and len(segments) * page.rowsperstrip < rows:
        raise InputFailure(Stage.DECODE, Code.CORRUPT, f"TIFF: {len(segments)} strips for {rows} rows")


def _colours(page: Any) -> int:
    """Samples of colour; three of grey are RGB by a writer that did not say so."""
    base = _BASE[page.photometric.name]
    return 3 if base == 1 and page.samplesperpixel in (3, 4) and page.photometric.name != "PALETTE" else base


def _raw(page: Any) -> NDArray[Any]:
    """[H, W] or [H, W, 3] with palette, alpha, CMYK and inverted grey resolved."""
    array, colours = np.asarray(page.asarray()), _colours(page)
    samples = page.samplesperpixel
    if samples > 1 and page.axes.startswith("S"):
        array = np.moveaxis(array, 0, -1)
    array = _full_range(array.reshape(page.imagelength, page.imagewidth, samples), page)
    most = float(np.iinfo(array.dtype).max) if array.dtype.kind in "ui" else 1.0
    image = array[:, :, :colours]
    if page.photometric.name == "PALETTE":
        palette: NDArray[np.uint8] = (np.asarray(page.colormap).T >> 8).astype(np.uint8)
        return np.asarray(palette[image[:, :, 0]])
    if page.photometric.name == "MINISWHITE":
        image = np.iinfo(image.dtype).max - image if image.dtype.kind == "u" else -image
    if page.photometric.name == "SEPARATED":
        image = _from_cmyk(image)
    if samples > colours and page.extrasamples and int(page.extrasamples[0]) in (1, 2):
        image = on_white(image, array[:, :, colours], most)
    grey_or_rgb: NDArray[Any] = image[:, :, 0] if image.shape[2] == 1 else image
    return grey_or_rgb


def _full_range(array: NDArray[Any], page: Any) -> NDArray[Any]:
    """1, 2 and 4 bits over the range of 8; indices of a palette stay as they are."""
    if page.photometric.name == "PALETTE":
        return array
    if array.dtype == bool:
        return array.astype(np.uint8) * 255
    if array.dtype == np.uint8 and page.bitspersample < 8:
        return array * np.uint8(255 // (2**page.bitspersample - 1))
    return array


def _from_cmyk(array: NDArray[Any]) -> NDArray[np.uint8]:
    if array.dtype != np.uint8:
        raise _unsupported(f"CMYK of {array.dtype}")
    return np.asarray(Image.fromarray(np.ascontiguousarray(array), "CMYK").convert("RGB"))


def _unsupported(what: str) -> InputFailure:
    return InputFailure(Stage.DECODE, Code.UNSUPPORTED, f"TIFF: {what}")


def _blame(error: Exception) -> Code:
    text = str(error).lower()
    if isinstance(error, MemoryError):
        return Code.TOO_LARGE
    if isinstance(error, NotImplementedError) or "not supported" in text or "requires the" in text:
        return Code.UNSUPPORTED
    return Code.TRUNCATED if "failed to read" in text or "unexpected end" in text else Code.CORRUPT
