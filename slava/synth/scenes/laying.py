"""Laying down many wires at once."""

import numpy as np

from slava.synth.fields import Array
from slava.synth.scene import Canvas, Scene
from slava.synth.tubes import walk, wires


def ground(c: Canvas) -> Scene:
    scene = Scene.bare(c, c.between(0.05, 0.35), c.between(0.1, 1.5) if c.chance(0.5) else 0.0)
    scene.objects, scene.size_kind, scene.shape, scene.nm = "nanowires", "wire diameter", "wires", (10, 300)
    scene.wall = c.uniform(0.7, 1.2)
    return scene


def lay(
    c: Canvas, scene: Scene, starts: Array, angles: Array, length: float, radius: float, curl: float,
    taper: float = 0.0, rise: float = 0.0, steps: int = 0,
) -> Array:  # fmt: skip
    """Draws wires of about a length and radius; their paths [N, L, 2]."""
    many = len(starts)
    count = steps or int(np.clip(length / 0.85, 8, 480))
    step = np.clip(c.rng.normal(1, 0.2, many), 0.4, 1.6) * length / count
    xy = walk(c.rng, starts, angles, step.astype(np.float32), count, curl)
    own = np.clip(c.rng.lognormal(0, c.uniform(0.03, 0.25), many) * radius, 0.6, 30).astype(np.float32)
    along = np.linspace(0, 1, count, dtype=np.float32)
    r = np.maximum(own[:, None] * (1 - taper * along), 0.45)
    depth = np.linspace(0.3, 0.3 + min(8.0, many / 12), many, dtype=np.float32) * radius
    level = depth[:, None] + np.float32(rise) * along
    glow = c.uniform(0.45, 0.9) * np.linspace(c.uniform(0.35, 0.9), 1, many)
    wires(scene, xy, r, level.astype(np.float32), glow.astype(np.float32), 2 * own)
    return xy
