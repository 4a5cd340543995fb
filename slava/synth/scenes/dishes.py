"""What living things lie on."""

import numpy as np

from slava.synth.fields import blurred
from slava.synth.scene import Canvas, Scene


def ground(c: Canvas) -> Scene:
    """What living things lie on: glass, a filter, a protein film."""
    scene = Scene.bare(c, c.between(0.12, 0.5), c.between(0.1, 1.2) if c.chance(0.5) else 0.0)
    if c.chance(0.2):
        pores = c.noise(c.between(4, 12)) > 1.6
        scene.height -= 3 * blurred(pores.astype(np.float32), 0.8)
        scene.albedo *= 1 - 0.6 * pores
    scene.objects, scene.size_kind, scene.shape, scene.nm = "cells", "cell diameter", "rounded", (4000, 40000)
    return scene
