"""From data URIs to micrographs, and to what a client is told of them."""

import base64
import binascii
import io
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from serve.errors import bad_request
from slava.failures import InputFailure
from slava.micrographs import Micrograph, decode, frames

PREVIEW_SIDE = 1024
"""Longest side of a preview, in pixels."""


@dataclass(frozen=True)
class Picture:
    """What the tower sees of a micrograph, and what a client is told of it."""

    pixels: NDArray[np.uint8]
    """[S, S, 3], squashed to the tower's square as in a screening."""
    described: dict[str, Any]
    """As `serve.wire.Micrograph`."""


def read_data_uri(uri: str, where: str) -> bytes:
    """The bytes of `data:image/...;base64,...`. Raises ApiError 400."""
    head, comma, data = uri.partition(",")
    if not (comma and head.lower().startswith("data:")):
        raise bad_request("Images must be data URIs: `data:image/png;base64,...`.", where)
    if not head.lower().endswith(";base64"):
        raise bad_request("The data URI must be base64: `data:image/png;base64,...`.", where)
    try:
        return base64.b64decode(data, validate=True)
    except (binascii.Error, ValueError) as error:
        raise bad_request(f"The image is not valid base64: {error}.", where) from error


def pictures(data: bytes, where: str, side: int, max_pixels: int) -> list[Picture]:
    """Every page of a file. Raises ApiError 400 for what is no micrograph."""
    try:
        found = decode(data, where, max_pixels=max_pixels)
    except InputFailure as failure:
        raise _unreadable(failure, where) from failure
    return [Picture(_squashed(micrograph, side), described(micrograph)) for micrograph in found]


def previews(data: bytes, where: str, max_pixels: int) -> list[dict[str, Any]]:
    """Every page of a file described, with a JPEG of its whole frame. Raises ApiError 400."""
    try:
        found, seen = decode(data, where, max_pixels=max_pixels), frames(data, where, max_pixels)
    except InputFailure as failure:
        raise _unreadable(failure, where) from failure
    pairs = zip(found, seen, strict=True)
    return [described(micrograph) | {"preview": jpeg_uri(_small(frame))} for micrograph, frame in pairs]


def described(micrograph: Micrograph) -> dict[str, Any]:
    """As `serve.wire.Micrograph`, without what is not known."""
    known = {name: value for name, value in asdict(micrograph.acquisition).items() if value is not None}
    return {
        "image_id": micrograph.image_id,
        "page": micrograph.page,
        "pages": micrograph.pages,
        "width": micrograph.full_width,
        "height": micrograph.full_height,
        "info_bar": asdict(micrograph.info_bar) if micrograph.info_bar else None,
        "acquisition": known,
    }


def jpeg_uri(jpeg: bytes) -> str:
    """As a page shows it."""
    return f"data:image/jpeg;base64,{base64.b64encode(jpeg).decode()}"


def _squashed(micrograph: Micrograph, side: int) -> NDArray[np.uint8]:
    return np.asarray(Image.fromarray(micrograph.pixels).resize((side, side), Image.Resampling.BICUBIC))


def _small(frame: NDArray[np.uint8]) -> bytes:
    image = Image.fromarray(frame)
    image.thumbnail((PREVIEW_SIDE, PREVIEW_SIDE), Image.Resampling.BOX)
    file = io.BytesIO()
    image.save(file, "JPEG", quality=85)
    return file.getvalue()


def _unreadable(failure: InputFailure, where: str) -> Exception:
    return bad_request(f"The image cannot be read: {failure.message}.", where, f"image_{failure.code}")
