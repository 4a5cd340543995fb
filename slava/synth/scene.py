"""The canvas a recipe draws on, and the scene it hands to the microscope."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from functools import cached_property

import numpy as np

from slava.synth import fields
from slava.synth.fields import Array, IntArray

VISIBLE_PIXELS = 5
"""Pixels that must be in sight for an object to count."""


@dataclasses.dataclass(frozen=True)
class Canvas:
    """An empty frame [height, width] with its random generator; `unit` is the picture's height in pixels."""

    rng: np.random.Generator
    height: int
    width: int
    unit: int

    @cached_property
    def grid(self) -> tuple[Array, Array]:
        """Row and column of each pixel, [H, W] each."""
        yy, xx = np.mgrid[: self.height, : self.width].astype(np.float32)
        return yy, xx

    def turned(self, angle: float, cx: float | None = None, cy: float | None = None) -> tuple[Array, Array]:
        """Coordinates (u along, v across) about a centre, turned anticlockwise by `angle` radians."""
        yy, xx = self.grid
        dx = xx - np.float32(self.width / 2 if cx is None else cx)
        dy = yy - np.float32(self.height / 2 if cy is None else cy)
        c, s = np.float32(np.cos(angle)), np.float32(np.sin(angle))
        return dx * c - dy * s, dx * s + dy * c

    def chance(self, probability: float) -> bool:
        """True with this probability."""
        return bool(self.rng.random() < probability)

    def uniform(self, low: float, high: float) -> float:
        """A number between the bounds."""
        return float(self.rng.uniform(low, high))

    def span(self, low: float, high: float) -> float:
        """A length in pixels, log-uniform between two shares of the picture's height."""
        return float(np.exp(self.rng.uniform(np.log(low), np.log(high)))) * self.unit

    def between(self, low: float, high: float) -> float:
        """A number log-uniform between the bounds."""
        return float(np.exp(self.rng.uniform(np.log(low), np.log(high))))

    def pick(self, *choices: str) -> str:
        """One of the words."""
        return choices[int(self.rng.integers(len(choices)))]

    def noise(self, cell: float, stretch: float = 1.0) -> Array:
        """Smooth noise with bumps of `cell` pixels."""
        return fields.noise(self.rng, self.height, self.width, cell, stretch)

    def fractal(self, cell: float, gain: float = 0.5, levels: int = 4) -> Array:
        """Noise of several octaves."""
        return fields.fractal(self.rng, self.height, self.width, cell, gain, levels)

    def bandpass(
        self, period: float, spread: float = 0.3, direction: float | None = None, aspect: float = 1.0
    ) -> Array:
        """Noise with one wavelength."""
        return fields.bandpass(self.rng, self.height, self.width, period, spread, direction, aspect)

    def filled(self, value: float) -> Array:
        """A constant field."""
        return np.full((self.height, self.width), value, np.float32)

    def points(self, count: int, margin: float = 0.0) -> Array:
        """Random places (y, x), [count, 2], up to `margin` pixels outside the frame."""
        low, high = -margin, np.array([self.height + margin, self.width + margin])
        return self.rng.uniform(low, high, (count, 2)).astype(np.float32)


@dataclasses.dataclass
class Scene:
    """A surface under the beam and what is known of it."""

    height: Array
    """Relief [H, W] in pixels, the substrate at about zero."""
    albedo: Array
    """Secondary-electron yield of the material when flat, [H, W], mostly 0.1 to 1."""
    ids: IntArray
    """Object in sight at each pixel, [H, W]; zero where there is none."""
    sizes: list[float]
    """Size in pixels of object 1, 2, ...; a single one where all are alike or not told apart."""
    objects: str = "features"
    size_kind: str = "feature size"
    shape: str = "irregular"
    nm: tuple[float, float] = (50.0, 5000.0)
    """Between which bounds the mean size lies in reality, in nanometres."""
    orientation: float | None = None
    """Radians, anticlockwise from the horizontal."""
    counted: bool = True
    covers: bool = True
    defects: set[str] = dataclasses.field(default_factory=set)
    wall: float = 1.0
    """Yield of the side walls that a tilted view shows, relative to the material's."""
    plain: bool = True
    """Whether dust may be strewn on it without confusing the count."""

    @classmethod
    def bare(cls, canvas: Canvas, albedo: float = 0.3, grain: float = 0.0) -> Scene:
        """A flat substrate, perhaps grainy (roughness in pixels)."""
        height = canvas.filled(0)
        if grain > 0:
            height = grain * canvas.fractal(canvas.between(2, 12), 0.7, 3)
        return cls(height, canvas.filled(albedo), np.zeros(height.shape, np.int32), [])

    def add(self, window: tuple[slice, slice], z: Array, albedo: Array | float, size: float) -> int:
        """Puts an object [h, w] at a window; it shows where it is higher. Its number, 1 and up."""
        height = self.height[window]
        shows = z > height
        np.copyto(height, z, where=shows)
        np.copyto(self.albedo[window], np.float32(albedo), where=shows)
        self.sizes.append(size)
        np.copyto(self.ids[window], np.int32(len(self.sizes)), where=shows)
        return len(self.sizes)


@dataclasses.dataclass(frozen=True)
class Recipe:
    """A way to draw a class, and the tilts (degrees) at which it is also looked at."""

    build: Callable[[Canvas], Scene]
    weight: float = 1.0
    tilt: tuple[float, float] | None = None
    tilt_chance: float = 0.5
    headroom: float = 0.25
    """Height of the tallest objects as a share of the picture's; a tilted view needs it."""
