"""How a tip stands before the void."""

import numpy as np

from slava.synth.fields import Array
from slava.synth.scene import Canvas, Scene


def void(c: Canvas) -> Scene:
    scene = Scene.bare(c, c.between(0.02, 0.3))
    scene.height -= c.span(0.3, 1.0)
    if c.chance(0.4):
        scene.albedo *= np.exp(0.3 * c.noise(c.unit * c.uniform(0.5, 1.2)))
    scene.objects, scene.shape, scene.size_kind, scene.nm = (
        "tips",
        "tapered needle",
        "apex diameter",
        (15, 800),
    )
    scene.covers, scene.wall = True, c.uniform(0.7, 1.2)
    return scene


def pose(c: Canvas) -> tuple[Array, Array, float]:
    """Coordinates with the apex at zero, u rising towards the shank, v across; and the shank's direction."""
    angle = (
        c.uniform(0, 2 * np.pi)
        if c.chance(0.5)
        else float(c.rng.choice([0, 0.5, 1, 1.5])) * np.pi + c.rng.normal(0, 0.1)
    )
    back = c.uniform(-0.1, 0.3) * c.unit
    x = c.width / 2 - back * np.cos(angle) + c.rng.normal(0, 0.08) * c.width
    y = c.height / 2 + back * np.sin(angle) + c.rng.normal(0, 0.08) * c.height
    u, v = c.turned(angle, x, y)
    return u, v, angle
