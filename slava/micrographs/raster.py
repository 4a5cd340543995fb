"""JPEG, PNG, BMP, GIF, WebP and JPEG 2000, by Pillow."""

import io
import warnings

import numpy as np
from PIL import Image

from slava.failures import Code, InputFailure, Stage
from slava.micrographs.page import Page, check_size

_STARTS = {
    b"\xff\xd8\xff": "JPEG",
    b"\x89PNG\r\n": "PNG",
    b"BM": "BMP",
    b"GIF8": "GIF",
    b"RIFF": "WEBP",
    b"\0\0\0\x0cjP  ": "JPEG2000",
    b"\xff\x4f\xff\x51": "JPEG2000",
}
_ENDS = {"JPEG": b"\xff\xd9", "PNG": b"IEND", "GIF": b"\x3b", "JPEG2000": b"\xff\xd9"}
_DEEP = ("I", "F")


def is_raster(data: bytes) -> bool:
    """Whether the bytes begin as one of these formats does."""
    return _format(data) is not None


def read_raster(data: bytes, max_pixels: int) -> list[Page]:
    """One page, or one a frame of a GIF, WebP or PNG animation. Raises InputFailure."""
    kind = _format(data)
    assert kind is not None
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", Image.DecompressionBombWarning)
            image = Image.open(io.BytesIO(data), formats=[kind])
            frames = getattr(image, "n_frames", 1) if kind in ("GIF", "WEBP", "PNG") else 1
            what = f"{image.width} x {image.height}" + (f", {frames} frames" if frames > 1 else "")
            check_size(image.width * image.height * frames, what, max_pixels)
            return [_frame(image, index) for index in range(frames)]
    except InputFailure:
        raise
    except Image.DecompressionBombError as error:
        raise InputFailure(Stage.DECODE, Code.TOO_LARGE, str(error)) from error
    except Exception as error:  # Pillow's plugins let through whatever their parsing raised
        raise InputFailure(
            Stage.DECODE, _blame(data, kind, error), f"{kind}: {error or type(error).__name__}"
        ) from error


def _frame(image: Image.Image, index: int) -> Page:
    if index:
        image.seek(index)
    image.load()
    if image.mode.startswith(_DEEP):
        return Page(np.asarray(image))
    if image.has_transparency_data or image.mode in ("PA", "La", "RGBa"):
        coloured = image.convert("RGBA")
        white = Image.new("RGBA", image.size, "white")
        return Page(np.asarray(Image.alpha_composite(white, coloured).convert("RGB")))
    return Page(np.asarray(image.convert("L" if image.mode in ("1", "L") else "RGB")))


def _blame(data: bytes, kind: str, error: Exception) -> Code:
    """TRUNCATED if the file's declared or marked end is missing, else CORRUPT."""
    if isinstance(error, NotImplementedError):
        return Code.UNSUPPORTED
    if isinstance(error, MemoryError):
        return Code.TOO_LARGE
    if kind == "WEBP":
        return Code.TRUNCATED if int.from_bytes(data[4:8], "little") + 8 > len(data) else Code.CORRUPT
    if kind == "BMP":
        short = int.from_bytes(data[2:6], "little") > len(data) or "truncated" in str(error)
        return Code.TRUNCATED if short else Code.CORRUPT
    whole = _ENDS[kind] in data[-64:] and "truncated" not in str(error)
    return Code.CORRUPT if whole else Code.TRUNCATED


def _format(data: bytes) -> str | None:
    kind = next((kind for start, kind in _STARTS.items() if data.startswith(start)), None)
    if (kind == "WEBP" and data[8:12] not in (b"WEBP", b"WEB", b"WE", b"W", b"")) or (
        kind == "BMP" and data[6:10] not in (b"\0\0\0\0",)
    ):
        return None
    return kind
