"""Cleaved films seen from the side: stacks of layers on a substrate."""

import numpy as np

from slava.synth.fields import Array
from slava.synth.scene import Canvas, Scene

TEXTURES = ("plain", "plain", "columns", "grains", "porous", "rough", "fracture")


def _texture(c: Canvas, kind: str, thick: float, lean: float) -> tuple[Array, Array]:
    """Relief and relative yield of a layer's broken face, [H, W] each."""
    if kind == "columns":
        width = max(3.0, thick * c.uniform(0.05, 0.25))
        columns = c.bandpass(width, 0.4, np.pi / 2 + lean, c.uniform(4, 10))
        return width * 0.4 * columns, 1 + 0.12 * columns
    if kind == "grains":
        size = c.between(4, max(5, thick * 0.4))
        field = c.bandpass(size, 0.5)
        return size * 0.25 * field, 1 + 0.1 * field
    if kind == "porous":
        size = c.between(4, max(5, thick * 0.3))
        field = np.minimum(c.bandpass(size, 0.4) + 0.6, 0.6)
        return size * 0.5 * field, np.clip(1 + 0.5 * (field - 0.6), 0.2, 1)
    if kind == "fracture":
        steps = c.bandpass(c.span(0.05, 0.3), 0.4, c.uniform(0, 3.2), 5)
        return 4 * np.abs(steps), 1 + 0.02 * steps
    rough = c.between(0.2, 2.5) if kind == "rough" else c.between(0.05, 0.4)
    field = c.fractal(c.between(3, 16), 0.7)
    return rough * field, 1 + 0.02 * field


def cross_section(c: Canvas) -> Scene:
    """Layers one above another, the substrate below, the film's top or vacuum above."""
    scene = Scene.bare(c, c.uniform(0.02, 0.15))
    angle = c.rng.normal(0, 0.06) if c.chance(0.8) else c.uniform(-1.6, 1.6)
    cx, cy = c.width / 2, c.height / 2
    _, v = c.turned(angle, cx, cy)
    count = int(c.rng.integers(1, 7))
    edges = np.sort(c.rng.uniform(-0.42, 0.35, count + 1)) * c.unit
    edges[1:] = np.maximum(edges[1:], edges[0] + np.arange(1, count + 1) * 0.045 * c.unit)
    rough = c.between(0.2, 8)
    lean = c.rng.normal(0, 0.3)
    contrast = c.uniform(0.15, 0.5)
    _above(c, scene, v - edges[0])
    for k in range(count + 1):
        thick = float(edges[k + 1] - edges[k]) if k < count else c.unit * 0.3
        relief, tone = _texture(
            c,
            c.pick(*TEXTURES) if k < count else c.pick("plain", "plain", "fracture", "rough"),
            thick,
            lean - angle,
        )
        own = rough * (0.5**k) * c.fractal(c.span(0.03, 0.3), 0.6)
        inside = v > edges[k] + own
        base = 10 + c.rng.normal(0, 1.0)
        scene.height[inside] = (base + relief)[inside]
        scene.albedo[inside] = (np.exp(c.rng.normal(-0.7, contrast)) * tone)[inside]
        scene.ids[inside] = k + 1 if k < count else 0
        scene.sizes.append(thick)
    del scene.sizes[count:]
    scene.albedo = np.clip(scene.albedo, 0.02, 1.2)
    scene.objects, scene.size_kind, scene.shape = "layers", "layer thickness", "layered stack"
    scene.nm, scene.plain, scene.orientation = (20, 20000), False, angle
    return scene


def _above(c: Canvas, scene: Scene, v: Array) -> None:
    """Above the film: black vacuum, or its top surface falling away, foreshortened."""
    if c.chance(0.45):
        scene.height -= 20
        return
    far = np.minimum(v / c.unit, 0)
    size = c.between(4, 30)
    scene.albedo[:] = c.uniform(0.15, 0.6) * np.exp(far * c.uniform(-0.5, 2))
    grain = c.bandpass(size, 0.5, 0.0, c.uniform(1.2, 4)) if c.chance(0.7) else c.fractal(size, 0.6)
    scene.height += 4 + size * c.between(0.02, 0.25) * grain
