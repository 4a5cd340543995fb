"""The picture as it is measured: grey, shrunk by whole pixels, without the slow trend of its background."""

import numpy as np
from numpy.typing import NDArray

Grey = NDArray[np.float32]
Mask = NDArray[np.bool_]

LONG_SIDE = 768
"""Pictures with a longer side are shrunk: time grows with pixels, and grain is no object."""


def to_grey(pixels_HWC: NDArray[np.uint8]) -> tuple[Grey, int]:
    """Grey values [H, W] from 0 to 255, and how many pixels of the picture make one of its side."""
    grey = pixels_HWC.astype(np.float32).mean(axis=2)
    factor = -(-max(grey.shape) // LONG_SIDE)
    height, width = (side // factor for side in grey.shape)
    blocks = grey[: height * factor, : width * factor].reshape(height, factor, width, factor)
    return blocks.mean(axis=(1, 3), dtype=np.float32), factor


def flattened(grey: Grey) -> Grey:
    """The picture less its background: a quadratic surface, fitted to what most pixels agree on."""
    rows, columns = (np.linspace(-1, 1, side, dtype=np.float32) for side in grey.shape)
    y, x = np.meshgrid(rows, columns, indexing="ij")
    terms = np.stack([np.ones_like(x), x, y, x * x, x * y, y * y], axis=-1)
    sampled, values = terms[::4, ::4].reshape(-1, 6), grey[::4, ::4].ravel()
    kept = np.ones(len(values), bool)
    for _ in range(5):
        surface = np.linalg.lstsq(sampled[kept], values[kept], rcond=None)[0]
        rest = values - sampled @ surface
        middle = np.median(rest[kept])
        close = np.abs(rest - middle) < 2.5 * (spread(rest[kept]) + 0.5)
        if close.mean() < 0.2:
            break
        kept = close
    flat: Grey = (grey - terms @ surface).astype(np.float32)
    return flat - np.float32(np.median(flat))


def spread(values: Grey) -> float:
    """The standard deviation that the median absolute deviation stands for: outliers do not count."""
    return float(1.4826 * np.median(np.abs(values - np.median(values))))
