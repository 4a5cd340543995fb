"""One page as a format's reader hands it on."""

from dataclasses import dataclass
from typing import Any

from numpy.typing import NDArray

from slava.failures import Code, InputFailure, Stage
from slava.micrographs.acquisition import NOTHING, Acquisition


@dataclass(frozen=True, eq=False)
class Page:
    """Pixels as stored, but for palette, alpha, CMYK and inverted grey, which are resolved."""

    raw: NDArray[Any]
    """[H, W] or [H, W, 3], integers or floats."""
    acquisition: Acquisition = NOTHING
    """What the file's own metadata say."""
    resolution: Acquisition = NOTHING
    """What its resolution tags say; asked last."""
    picture_height: int | None = None
    """Rows of picture above the info bar, where the instrument says."""


def check_size(pixels: int, what: str, max_pixels: int) -> None:
    """Raises TOO_LARGE, by what the header declares."""
    if pixels > max_pixels:
        message = f"{what}: {pixels} pixels; the limit is {max_pixels}. Tile or split it first"
        raise InputFailure(Stage.DECODE, Code.TOO_LARGE, message)
