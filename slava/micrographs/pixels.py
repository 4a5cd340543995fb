"""From stored values to 8-bit RGB."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

_SAMPLED = 1 << 20


def to_rgb(raw: NDArray[Any], with_bar: bool = False) -> NDArray[np.uint8]:
    """uint8 [H, W, 3] of [H, W] or [H, W, 3]; all but uint8 are stretched.

    `with_bar`: there may be an info bar, whose black and white are not to take the whole range.
    """
    grey = raw if raw.dtype == np.uint8 else stretch(raw, with_bar)
    return grey if grey.ndim == 3 else np.repeat(grey[:, :, None], 3, axis=2)


@np.errstate(over="ignore", invalid="ignore")  # signalling NaN, the widest floats
def stretch(raw: NDArray[Any], with_bar: bool = False) -> NDArray[np.uint8]:
    """The 0.1 to 99.9 percentiles over 0-255, all channels alike.

    NaN becomes black, an infinity the end of the range on its side. Percentiles are of about
    a million values spread over the image.
    """
    values = raw.reshape(-1)[:: max(1, raw.size // _SAMPLED)].astype(np.float64)
    values = values[np.isfinite(values)]
    if not values.size:
        return np.zeros(raw.shape, np.uint8)
    if with_bar:  # its black and white are the ends of the type, its text's soft edges less than 1 %
        inner = values[(values > values.min()) & (values < values.max())]
        values = inner if inner.size else values
    low, high = (float(v) for v in np.percentile(values, (1, 99) if with_bar else (0.1, 99.9)))
    if high <= low:  # nearly all pixels alike: a few specks are then the picture
        finite = raw[np.isfinite(raw)] if raw.dtype.kind == "f" else raw
        low, high = float(finite.min()), float(finite.max())
    if high <= low:
        return np.zeros(raw.shape, np.uint8)
    out = np.empty(raw.shape, np.uint8)
    for start in range(0, len(raw), 256):  # in slices: float64 of a large map is gigabytes
        part = raw[start : start + 256].astype(np.float64)
        scaled = np.clip((part / 2 - low / 2) / (high / 2 - low / 2), 0, 1) * 255
        out[start : start + 256] = np.nan_to_num(scaled, nan=0).round().astype(np.uint8)
    return out


def on_white(values: NDArray[Any], alpha: NDArray[Any], most: float) -> NDArray[Any]:
    """Colours or greys laid on white (`most`) by their alpha, in their own type."""
    weight = alpha.astype(np.float32) / most
    if values.ndim == 3:
        weight = weight[:, :, None]
    laid: NDArray[Any] = (values * weight + most * (1 - weight)).astype(values.dtype)
    return laid
