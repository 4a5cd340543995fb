"""Tips: a sharp probe, needle or cone, mostly alone before a plain background."""

import numpy as np

from slava.synth.fields import Array, step
from slava.synth.scene import Canvas, Recipe, Scene
from slava.synth.scenes.levers import chip, lever_side, lever_top, spike
from slava.synth.scenes.poses import pose, void
from slava.synth.solids import ellipsoid, put


def _body(
    c: Canvas, scene: Scene, u: Array, v: Array, half: Array, albedo: float, angle: float, flat: float = 1.0
) -> None:
    """A round body about the axis, `half` its half-width at each pixel."""
    q = v / np.maximum(half, 0.5)
    inside = (np.abs(q) < 1) & (u > 0)
    z = half * flat * np.sqrt(np.maximum(1 - q * q, 0)) + 1
    if c.chance(0.6):
        z = z + c.between(0.1, 1.5) * c.fractal(c.between(3, 30), 0.6)
    if c.chance(0.3):
        z = z + c.between(0.2, 1.5) * c.bandpass(c.between(5, 25), 0.4, angle, 6)
    scene.height = np.where(inside, z, scene.height).astype(np.float32)
    scene.albedo = np.where(inside, albedo, scene.albedo).astype(np.float32)
    scene.ids[inside] = 1


def needle(c: Canvas) -> Scene:
    """An etched wire, tapered to its apex."""
    scene = void(c)
    u, v, angle = pose(c)
    apex, power = c.span(0.004, 0.06), c.uniform(0.55, 1.6)
    broad, long = c.span(0.06, 0.5), c.span(0.4, 1.2)
    s = np.maximum(u, 0)
    half = np.sqrt(2 * apex * s + 1e-3)
    half = np.minimum(half, apex) + broad * np.minimum(s / long, 1.6) ** power
    bend = c.rng.normal(0, 0.08) * s * s / c.unit
    _body(c, scene, u, v + bend, half.astype(np.float32), c.uniform(0.4, 0.8), angle)
    scene.sizes, scene.orientation = [2 * apex], angle % np.pi
    _extras(c, scene, u, v, apex)
    return scene


def _extras(c: Canvas, scene: Scene, u: Array, v: Array, apex: float) -> None:
    """A thin wire grown on the apex, a ball that melted there, or crumbs on the shank."""
    dice = c.rng.random()
    x, y = _at(u, v)
    if dice < 0.15:
        long, thin = c.span(0.08, 0.35), max(1.0, apex * c.uniform(0.2, 0.5))
        wire = (u < 2) & (u > -long) & (np.abs(v + 0.1 * u * c.rng.normal(0, 1)) < thin)
        scene.height[wire], scene.albedo[wire], scene.ids[wire] = thin, 0.9, 1
    elif dice < 0.27:
        r = apex * c.uniform(1.3, 3)
        put(scene, ellipsoid(r, r, r), x, y, r + 1, 1, 0.8, 0)
        scene.sizes.pop()
        scene.ids[scene.ids > 1] = 1
    if c.chance(0.2):
        lumps = np.maximum(c.fractal(c.span(0.02, 0.08), 0.6) - 1.2, 0) * (scene.ids > 0)
        scene.height += 6 * lumps
        scene.defects.add("contamination")


def _at(u: Array, v: Array) -> tuple[float, float]:
    """Where the apex is, (x, y)."""
    y, x = np.unravel_index(int(np.argmin(u * u + v * v)), u.shape)
    return float(x), float(y)


def apex_close(c: Canvas) -> Scene:
    """The rounded end of a tip, filling much of the frame."""
    scene = void(c)
    u, v, angle = pose(c)
    apex, cone = c.span(0.06, 0.3), c.uniform(0.05, 0.6)
    s = np.maximum(u, 0)
    half = np.where(s < apex, np.sqrt(np.maximum(2 * apex * s - s * s, 0)), apex + cone * (s - apex))
    _body(c, scene, u, v, half.astype(np.float32), c.uniform(0.4, 0.8), angle, c.uniform(0.5, 1))
    scene.sizes, scene.orientation, scene.shape = [2 * apex], angle % np.pi, "rounded apex"
    return scene


def cone_on_flat(c: Canvas) -> Scene:
    """A single cone or pyramid on a substrate (field emitter, indenter, grown tip)."""
    scene = void(c)
    scene.height[:] = c.between(0.1, 1.0) * c.fractal(c.between(3, 20), 0.6) if c.chance(0.5) else 0
    size = c.span(0.14, 0.42)
    x, y = c.width * c.uniform(0.35, 0.65), c.height * c.uniform(0.4, 0.7)
    u, v = c.turned(c.uniform(0, 3.2), x, y)
    before = scene.height.copy()
    spike(c, scene, u, v, size)
    scene.ids[scene.height > before + 0.02 * size] = 1
    if c.chance(0.35):
        r, gate = np.hypot(u, v), size * c.uniform(1.1, 1.8)
        rim = step(r - gate, 1.5)
        scene.height += rim * size * c.uniform(0.1, 0.6)
        scene.albedo += 0.2 * rim
    scene.sizes, scene.size_kind, scene.shape = [2 * size], "tip base width", "cone or pyramid"
    scene.nm, scene.plain = (300, 20000), False
    return scene


RECIPES: tuple[Recipe, ...] = (
    Recipe(needle, 3.5),
    Recipe(apex_close, 1.3),
    Recipe(lever_side, 1.8),
    Recipe(lever_top, 2, (20, 65), 0.6, 0.4),
    Recipe(cone_on_flat, 1.6, (35, 75), 1.0, 0.5),
    Recipe(chip, 0.9),
)
