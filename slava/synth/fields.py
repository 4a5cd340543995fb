"""Random scalar fields [H, W], float32: the stuff that reliefs are made of. Lengths are in pixels."""

from typing import Any

import numpy as np
import scipy.fft
from numpy.typing import NDArray
from PIL import Image
from scipy import ndimage

Array = NDArray[np.floating[Any]]
IntArray = NDArray[np.int32]


def resized(field: Array, height: int, width: int, smooth: bool = True) -> Array:
    """The field at another size."""
    kind = Image.Resampling.BICUBIC if smooth else Image.Resampling.NEAREST
    return np.asarray(Image.fromarray(field).resize((width, height), kind))


def blurred(field: Array, sigma: float) -> Array:
    """A Gaussian blur whose cost does not grow with sigma: wide ones run on a reduced field."""
    if sigma < 0.25:
        return field
    factor = int(sigma / 1.6)
    if factor < 2:
        return np.asarray(ndimage.gaussian_filter(field, sigma, truncate=2.5), np.float32)
    height, width = field.shape
    size = (max(2, width // factor), max(2, height // factor))
    small = np.asarray(Image.fromarray(field).resize(size, Image.Resampling.BOX))
    return resized(ndimage.gaussian_filter(small, sigma / factor, truncate=2.5), height, width)


def noise(rng: np.random.Generator, height: int, width: int, cell: float, stretch: float = 1.0) -> Array:
    """Smooth noise of unit variance or so, with one bump per cell; `stretch` lengthens cells along x."""
    rows, columns = height / cell, width / (cell * stretch)
    grid = rng.standard_normal((int(rows) + 4, int(columns) + 4), dtype=np.float32)
    top, left = rng.random(2) + 0.5
    box = (left, top, left + columns, top + rows)
    return np.asarray(Image.fromarray(grid).resize((width, height), Image.Resampling.BICUBIC, box=box)) * 1.3


def fractal(
    rng: np.random.Generator, height: int, width: int, cell: float, gain: float = 0.5, levels: int = 4
) -> Array:
    """Octaves of noise, the coarsest with bumps of `cell` pixels; variance about one."""
    total = np.zeros((height, width), np.float32)
    weight = norm = 0.0
    for level in range(levels):
        if (size := cell / 2**level) < 1:
            break
        weight = gain**level
        total += weight * noise(rng, height, width, size)
        norm += weight**2
    return np.asarray(total / max(norm, 1e-6) ** 0.5, np.float32)


def bandpass(
    rng: np.random.Generator, height: int, width: int, period: float, spread: float = 0.3,
    direction: float | None = None, aspect: float = 1.0,
) -> Array:  # fmt: skip
    """A Gaussian random field of unit variance with one wavelength, in pixels.

    With a direction (radians, of the ridges) and an aspect above one, its ridges are aligned.
    """
    fy = np.fft.fftfreq(height).astype(np.float32)[:, None]
    fx = np.fft.rfftfreq(width).astype(np.float32)[None, :]
    if direction is not None:
        along = fx * np.cos(direction) - fy * np.sin(direction)
        across = fx * np.sin(direction) + fy * np.cos(direction)
        radius = np.hypot(across, along * aspect)
    else:
        radius = np.hypot(fx, fy)
    gain = np.exp(-(((radius * period - 1) / spread) ** 2) / 2)
    white = rng.standard_normal((height, width), dtype=np.float32)
    field = scipy.fft.irfft2(scipy.fft.rfft2(white) * gain, s=(height, width))
    return np.asarray((field - field.mean()) / (field.std() + 1e-9), np.float32)


def cells(points_yx: Array, height: int, width: int) -> tuple[IntArray, Array]:
    """Voronoi cells: the index [H, W] of the nearest point, and the distance [H, W] to the cell's border."""
    seeds = np.zeros((height, width), bool)
    yx = np.clip(np.round(points_yx), 0, (height - 1, width - 1)).astype(np.int32)
    seeds[yx[:, 0], yx[:, 1]] = True
    number = np.zeros((height, width), np.int32)
    number[yx[:, 0], yx[:, 1]] = np.arange(len(yx))
    near = ndimage.distance_transform_edt(~seeds, return_distances=False, return_indices=True)
    index = number[near[0], near[1]]
    border = np.zeros((height, width), bool)
    border[:, 1:] |= index[:, 1:] != index[:, :-1]
    border[1:] |= index[1:] != index[:-1]
    return index, np.asarray(ndimage.distance_transform_edt(~border), np.float32)


def step(distance: Array, width: float = 1.5) -> Array:
    """A smooth step from 0 (well below zero) to 1 (well above), `width` pixels wide."""
    t = np.clip(distance / width + 0.5, 0, 1)
    return np.asarray(t * t * (3 - 2 * t), np.float32)
