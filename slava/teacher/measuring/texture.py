"""How rough the picture looks: figures of its grey values, which are no heights."""

from dataclasses import dataclass

import numpy as np
from scipy import ndimage

from slava.teacher.measuring.grey import Grey, flattened


@dataclass(frozen=True)
class Texture:
    """Grey values as they change over the picture."""

    contrast: float
    """Standard deviation of the grey values about their slow trend, as a share of the full range."""
    grain: float
    """Correlation length in pixels of the picture: where the autocorrelation has fallen to 1/e."""
    noise: float
    """Standard deviation of the noise in grey values of 255 (Immerkaer 1996)."""
    white: float
    black: float
    """Shares of pixels at either end of the range."""


def find_texture(grey: Grey, factor: int) -> Texture:
    """Contrast, grain, noise and clipping."""
    flat = flattened(grey)
    laplacian = np.array([[1, -2, 1], [-2, 4, -2], [1, -2, 1]], np.float32)
    noise = float(np.sqrt(np.pi / 2) / 6 * np.abs(ndimage.convolve(grey, laplacian)).mean())
    return Texture(
        contrast=float(flat.std()) / 255,
        grain=_correlation_length(flat) * factor,
        noise=noise,
        white=float((grey >= 254).mean()),
        black=float((grey <= 1).mean()),
    )


def _correlation_length(flat: Grey) -> float:
    """Pixels at which the autocorrelation, averaged over directions, falls below 1/e."""
    smooth = ndimage.gaussian_filter(flat, 1.0)
    power = np.abs(np.fft.rfft2(smooth - smooth.mean())) ** 2
    correlation = np.fft.irfft2(power, s=flat.shape)
    correlation = correlation / correlation[0, 0]
    reach = min(flat.shape) // 2
    along = (correlation[:reach, 0] + correlation[0, :reach]) / 2
    below = np.nonzero(along < np.exp(-1))[0]
    return float(below[0]) if len(below) else float(reach)
