"""Hollowing out a solid, and the skin of what is left."""

import numpy as np

from slava.synth.scene import Canvas, Scene


def solid(c: Canvas, depth: float) -> Scene:
    scene = Scene.bare(c, c.uniform(0.4, 0.75))
    scene.height += depth
    scene.objects, scene.size_kind, scene.nm = "pores", "pore diameter", (200, 300000)
    scene.counted = scene.covers = False
    return scene


def skin(c: Canvas, scene: Scene, size: float) -> None:
    """Texture of the struts, from glassy to rough; what lies deep is dark."""
    deep = np.maximum(float(np.percentile(scene.height[::4, ::4], 90)) - scene.height, 0)
    scene.albedo *= np.exp(-c.uniform(0.1, 0.9) * np.minimum(deep / size, 3))
    if c.chance(0.7):
        scene.height += size * c.between(0.004, 0.06) * c.fractal(max(3, size * c.uniform(0.1, 0.5)), 0.6)
    if c.chance(0.3):
        scene.albedo *= 1 + 0.1 * c.fractal(c.between(2, 10), 0.7)


def carve(
    scene: Scene, x: float, y: float, z: float, radius: float, squash: float = 1.0, number: int = 0
) -> None:
    """Hollows out a ball with its centre at height z."""
    rows, columns = scene.height.shape
    top, bottom = max(0, int(y - radius)), min(rows, int(y + radius) + 2)
    left, right = max(0, int(x - radius)), min(columns, int(x + radius) + 2)
    if top >= bottom or left >= right:
        return
    dy = np.arange(top, bottom, dtype=np.float32)[:, None] - np.float32(y)
    dx = np.arange(left, right, dtype=np.float32)[None, :] - np.float32(x)
    q = np.float32(radius**2) - dx * dx - dy * dy
    floor = np.float32(z) - np.sqrt(np.maximum(q, 0)) * np.float32(squash)
    part = scene.height[top:bottom, left:right]
    lower = (q > 0) & (floor < part) & (part < z + np.sqrt(np.maximum(q, 0)) * np.float32(squash))
    np.copyto(part, floor, where=lower)
    np.copyto(scene.ids[top:bottom, left:right], np.int32(number), where=lower)
