"""Layouts of man-made devices: masks drawn by polygons, and layers built from them."""

from __future__ import annotations

import itertools

import numpy as np
from PIL import Image, ImageDraw

from slava.synth.fields import Array
from slava.synth.scene import Canvas, Scene


class Layout:
    """A mask in units of the frame's height, centred, turned; rasterized twice as fine as the picture."""

    def __init__(self, c: Canvas, angle: float) -> None:
        self._c, self._turn = c, (np.cos(angle), np.sin(angle))
        self.image = Image.new("L", (c.width * 2, c.height * 2))
        self._draw = ImageDraw.Draw(self.image)

    def polygon(self, corners: Array | list[tuple[float, float]], level: int = 255) -> None:
        """Fills a polygon of (x, y) corners."""
        cos, sin = self._turn
        c = self._c
        xy = np.asarray(corners, np.float64)
        x = c.width + 2 * c.unit * (xy[:, 0] * cos + xy[:, 1] * sin)
        y = c.height + 2 * c.unit * (xy[:, 1] * cos - xy[:, 0] * sin)
        self._draw.polygon(list(zip(x.tolist(), y.tolist(), strict=True)), fill=level)

    def box(self, x0: float, y0: float, x1: float, y1: float, level: int = 255) -> None:
        """Fills a rectangle."""
        self.polygon([(x0, y0), (x1, y0), (x1, y1), (x0, y1)], level)

    def disc(self, x: float, y: float, r: float, level: int = 255) -> None:
        """Fills a circle."""
        a = np.linspace(0, 2 * np.pi, 48)
        self.polygon(np.stack([x + r * np.cos(a), y + r * np.sin(a)], 1), level)

    def path(self, points: list[tuple[float, float]], width: float, level: int = 255) -> None:
        """A line of constant width with mitred right-angled corners."""
        for (x0, y0), (x1, y1) in itertools.pairwise(points):
            length = max(np.hypot(x1 - x0, y1 - y0), 1e-9)
            dx, dy = (x1 - x0) / length * width / 2, (y1 - y0) / length * width / 2
            self.polygon([(x0 - dx - dy, y0 - dy + dx), (x1 + dx - dy, y1 + dy + dx),
                          (x1 + dx + dy, y1 + dy - dx), (x0 - dx + dy, y0 - dy - dx)], level)  # fmt: skip

    def mask(self) -> Array:
        """The layout, [H, W], 0 to 1."""
        size = (self._c.width, self._c.height)
        return np.asarray(self.image.resize(size, Image.Resampling.BOX), np.float32) / 255


def chip(c: Canvas) -> tuple[Scene, float]:
    """A bare wafer, and the angle of the device on it."""
    scene = Scene.bare(c, c.between(0.08, 0.45), c.between(0.05, 0.5) if c.chance(0.5) else 0.0)
    scene.size_kind, scene.nm, scene.wall = "line width", (200, 60000), c.uniform(0.6, 1.2)
    scene.counted, scene.objects, scene.shape = False, "electrodes", "straight-edged"
    angle = (
        float(c.rng.choice([0, 0.5])) * np.pi + c.rng.normal(0, 0.05)
        if c.chance(0.6)
        else c.uniform(0, np.pi)
    )
    return scene, angle


def build(c: Canvas, scene: Scene, mask: Array, tall: float, material: float, mark: int = 1) -> None:
    """Adds a layer of a material where the mask is, `tall` pixels high (negative: etched)."""
    scene.height += np.float32(tall) * mask
    scene.albedo = (scene.albedo * (1 - mask) + mask * np.float32(material)).astype(np.float32)
    if c.chance(0.4):
        scene.height += mask * np.float32(c.between(0.05, 0.8)) * c.fractal(c.between(2, 10), 0.7, 3)
    if mark:
        scene.ids[mask > 0.5] = mark


def finished(c: Canvas, scene: Scene, angle: float, size: float, words: str, shape: str) -> Scene:
    """Fills in the facts that devices share; size as a share of the frame's height."""
    scene.objects, scene.shape, scene.sizes, scene.orientation = words, shape, [size * c.unit], angle
    if c.chance(0.1):
        _, v = c.turned(c.uniform(0, 3.2), c.uniform(0, c.width), c.uniform(0, c.height))
        scene.height -= c.uniform(0.5, 3) * np.exp(-((v / c.uniform(0.8, 3)) ** 2))
        scene.defects.add("scratch")
    return scene


def metal(c: Canvas) -> tuple[float, float]:
    """Height in pixels and yield of a metal film: thin or thick, bright, seldom darker than the wafer."""
    return c.between(0.5, 12), c.uniform(0.5, 0.95) if c.chance(0.85) else c.uniform(0.05, 0.2)
