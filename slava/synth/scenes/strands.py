"""The ground, the skin, the course and the dirt of fibres."""

import numpy as np

from slava.synth.crystals import Grains
from slava.synth.fields import Array
from slava.synth.scene import Canvas, Scene
from slava.synth.solids import put


def ground(c: Canvas, deep: bool = True) -> Scene:
    scene = Scene.bare(c, c.between(0.04, 0.3), c.between(0.1, 4.0) if c.chance(0.5) else 0.0)
    scene.objects, scene.size_kind, scene.shape = "fibres", "fibre diameter", "cylindrical"
    scene.nm = (1500, 60000)
    if deep:
        scene.height -= c.span(0.1, 0.5)
    return scene


def skin(c: Canvas, radius: float, angle: float) -> Array:
    """Surface relief of fibres: drawing lines along them, fine grain, blisters; [H, W]."""
    relief = c.filled(0)
    if c.chance(0.5):
        relief += (
            radius * c.between(0.003, 0.03) * c.bandpass(max(4, radius * c.uniform(0.15, 0.5)), 0.4, angle, 6)
        )
    if c.chance(0.5):
        relief += radius * c.between(0.002, 0.02) * c.fractal(c.between(3, 14), 0.7)
    if c.chance(0.3):
        relief += np.minimum(radius * 0.05, 3) * np.maximum(c.fractal(radius * 0.4, 0.6) - 1.2, 0)
    return relief


def course(c: Canvas, length: int, start: float, slope: float, bend: float) -> Array:
    """A gently curved centre line over `length` rows or columns."""
    t = np.linspace(-0.5, 0.5, length, dtype=np.float32)
    wave = bend * np.cos(t * c.uniform(1, 6) + c.uniform(0, 6.3)) * length * 0.2
    return np.asarray(start + slope * t * length + wave - wave.mean(), np.float32)


def dirt(c: Canvas, scene: Scene, radius: float) -> None:
    """Crumbs that cling to the fibres; they count as no object."""
    known, last, bank = scene.ids.copy(), len(scene.sizes), Grains(c.rng, "lumps", 6)
    for y, x in c.points(int(c.between(1, 25))):
        r = max(1.2, radius * c.between(0.02, 0.3))
        level = scene.height[min(int(y), c.height - 1), min(int(x), c.width - 1)]
        for _ in range(int(c.rng.integers(1, 5))):
            s, dx, dy = r * c.uniform(0.4, 1), *c.rng.normal(0, r * 0.6, 2)
            put(scene, bank.body(s), x + dx, y + dy, s * 1.55, float(level), c.uniform(0.35, 0.9), 0)
    scene.ids[:] = np.where(scene.ids > last, 0, known)
    del scene.sizes[last:]
    scene.defects.add("dust")


def finished(c: Canvas, scene: Scene, radius: float, dirty: float = 0.4) -> Scene:
    if c.chance(dirty):
        dirt(c, scene, radius)
        scene.plain = False
    if c.chance(0.25):
        scene.albedo *= 1 - 0.25 * np.clip(c.fractal(max(8, radius * c.uniform(0.3, 1.5)), 0.6) - 0.6, 0, 1)
    return scene
