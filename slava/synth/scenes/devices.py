"""Micromechanical and microfluidic devices: free-standing or etched parts with depth."""

import numpy as np

from slava.synth.scene import Canvas, Scene
from slava.synth.scenes.layout import Layout, build, chip, finished, metal


def _pit(c: Canvas, scene: Scene, art: Layout, deep: float) -> None:
    """Etches a pit: lower, darker, rough at the bottom."""
    mask = art.mask()
    scene.height += mask * np.float32(-deep + c.between(0.2, 1.5) * c.fractal(c.between(3, 15), 0.6))
    scene.albedo *= 1 - np.float32(c.uniform(0.2, 0.8)) * mask


def cantilevers(c: Canvas) -> Scene:
    """One or more beams that reach over a pit or off a ledge."""
    scene, angle = chip(c)
    count = int(c.rng.choice([1, 1, 2, 3, 4, 6, 8]))
    pitch = c.uniform(0.5, 0.9) / count
    width, long = pitch * c.uniform(0.25, 0.7), c.uniform(0.2, 0.7)
    deep = c.span(0.03, 0.25)
    pit = Layout(c, angle)
    open_end = c.chance(0.4)
    pit.box(
        -0.35, -0.55 * pitch * count, 3 if open_end else 0.55, 0.55 * pitch * count if not open_end else 3
    )
    if open_end:
        pit.box(-0.35, -3, 3, 3)
    _pit(c, scene, pit, deep)
    glow, thick = c.uniform(0.4, 0.9), c.between(0.3, 4)
    for k in range(count):
        y = (k + 0.5 - count / 2) * pitch
        beam, own = Layout(c, angle), long * (1 if c.chance(0.6) else c.uniform(0.4, 1))
        beam.box(-0.36, y - width / 2, -0.35 + own, y + width / 2)
        if c.chance(0.3):
            beam.box(-0.36, y - width / 5, -0.35 + own * 0.5, y + width / 5, 0)
        mask = beam.mask()
        on = mask > 0.5
        scene.height[on] = thick
        scene.albedo[on] = glow
        scene.ids[on] = k + 1
    scene = finished(c, scene, angle, width, "beams", "cantilever beams")
    scene.sizes, scene.counted, scene.size_kind = [width * c.unit], True, "beam width"
    return scene


def comb_drive(c: Canvas) -> Scene:
    """Interlocking combs, a shuttle with etch holes, folded springs and anchors."""
    scene, angle = chip(c)
    scene.albedo *= 0.6
    art, count = Layout(c, angle), int(c.rng.integers(5, 16))
    pitch, zoom = 0.8 / count, c.between(0.7, 2.2)
    finger = pitch * c.uniform(0.25, 0.4)
    long, overlap = c.uniform(0.12, 0.3), c.uniform(0.3, 0.8)
    for k in range(count):
        y = (k - count / 2) * pitch
        art.box(0.0, y * zoom, long * zoom, (y + finger) * zoom)
        low = long * (1 - overlap)
        art.box(low * zoom, (y + pitch / 2) * zoom, (low + long) * zoom, (y + pitch / 2 + finger) * zoom)
    art.box(-0.12 * zoom, -0.45 * zoom, 0.002, 0.45 * zoom)
    back = long * (2 - overlap) * zoom
    art.box(back, -0.45 * zoom, back + 0.15 * zoom, 0.45 * zoom)
    for y in np.arange(-0.4, 0.41, 0.1) * zoom:
        art.box(-0.08 * zoom, y - 0.015 * zoom, -0.05 * zoom, y + 0.015 * zoom, 0)
    beam = finger * zoom * 0.5
    for side in (-1, 1):
        art.path(
            [
                (-0.1 * zoom, side * 0.44 * zoom),
                (-0.6 * zoom, side * 0.44 * zoom),
                (-0.6 * zoom, side * 0.36 * zoom),
                (-0.15 * zoom, side * 0.36 * zoom),
            ],
            beam,
        )
        art.box(-0.3 * zoom, side * 0.16 * zoom - 0.06, -0.16 * zoom, side * 0.16 * zoom + 0.06)
    build(c, scene, art.mask(), c.span(0.01, 0.08), c.uniform(0.4, 0.8))
    return finished(c, scene, angle, finger * zoom, "combs", "comb drive")


def gear(c: Canvas) -> Scene:
    """One or two toothed wheels on hubs."""
    scene, angle = chip(c)
    mask = np.zeros_like(scene.height)
    for k in range(int(c.rng.integers(1, 4))):
        x, y = c.uniform(-0.5, 0.5), c.uniform(-0.35, 0.35)
        r, teeth = c.uniform(0.1, 0.4), int(c.rng.integers(8, 30))
        art = Layout(c, angle)
        t = np.linspace(0, 2 * np.pi, teeth * 8, endpoint=False)
        edge = r * (1 + 0.09 * np.tanh(4 * np.sin(teeth * t)))
        art.polygon(np.stack([x + edge * np.cos(t), y + edge * np.sin(t)], 1))
        for a in np.arange(int(c.rng.integers(0, 7))) * 1.047:
            art.disc(x + r * 0.6 * np.cos(a), y + r * 0.6 * np.sin(a), r * 0.16, 0)
        art.disc(x, y, r * 0.2, 0)
        art.disc(x, y, r * 0.12)
        mask = np.maximum(mask, art.mask())
        scene.ids[art.mask() > 0.5] = k + 1
    build(c, scene, mask, c.span(0.01, 0.08), c.uniform(0.4, 0.8), mark=0)
    return finished(c, scene, angle, 0.1, "gears", "toothed wheels")


def channels(c: Canvas) -> Scene:
    """Microfluidic channels with junctions, chambers, posts; etched or moulded."""
    scene, angle = chip(c)
    art = Layout(c, angle)
    width = c.between(0.03, 0.25)
    art.box(-3, -width / 2, 3, width / 2)
    kind = c.pick("cross", "tee", "chamber", "mixer", "mixer")
    if kind in ("cross", "tee"):
        art.box(-width / 2, -3 if kind == "cross" else 0, width / 2, 3)
    elif kind == "chamber":
        art.disc(c.uniform(-0.3, 0.3), 0, width * c.uniform(1.5, 2.5))
    else:
        art.path(
            [
                (-0.6, 0),
                (-0.6, 0.3),
                (-0.2, 0.3),
                (-0.2, -0.3),
                (0.2, -0.3),
                (0.2, 0.3),
                (0.6, 0.3),
                (0.6, 0),
            ],
            width * 0.7,
        )
    if c.chance(0.4):
        for k in range(-6, 7):
            art.disc(k * width * 0.8, 0, width * 0.14, 0)
    deep = c.span(0.02, 0.2) * (1 if c.chance(0.7) else -1)
    _pit(c, scene, art, deep)
    scene.ids[art.mask() > 0.5] = 1
    return finished(c, scene, angle, width, "channels", "channels")


def membrane(c: Canvas) -> Scene:
    """A suspended plate or bridge with release holes, held by arms, with pads beside it."""
    scene, angle = chip(c)
    w, h = c.uniform(0.25, 0.6), c.uniform(0.15, 0.4)
    trench = Layout(c, angle)
    trench.box(-w - 0.08, -h - 0.08, w + 0.08, h + 0.08)
    _pit(c, scene, trench, c.span(0.02, 0.15))
    art = Layout(c, angle)
    art.box(-w, -h, w, h)
    arm = c.between(0.02, 0.12)
    for sx, sy in ((-1, -1), (1, 1), (-1, 1), (1, -1))[: int(c.rng.choice([2, 4]))]:
        art.path([(sx * w * 0.9, sy * h * 0.9), (sx * (w + 0.3), sy * h * 0.9)], arm)
        if c.chance(0.6):
            art.box(
                min(sx * (w + 0.1), sx * 2),
                sy * h * 0.9 - 0.1,
                max(sx * (w + 0.1), sx * 2),
                sy * h * 0.9 + 0.1,
            )
    if c.chance(0.75):
        step, r = c.between(0.06, 0.2), c.uniform(0.1, 0.25)
        for x in np.arange(-w + step / 2, w, step):
            for y in np.arange(-h + step / 2, h, step):
                art.disc(float(x), float(y), step * r, 0)
    mask = art.mask()
    scene.height = np.where(mask > 0.5, c.between(0.5, 8), scene.height).astype(np.float32)
    build(c, scene, mask, 0.0, c.uniform(0.4, 0.85))
    return finished(c, scene, angle, arm, "plates", "suspended plate")


def resonator(c: Canvas) -> Scene:
    """A disc, ring or beam held by tethers between drive electrodes."""
    scene, angle = chip(c)
    scene.albedo *= c.uniform(0.4, 1)
    art, r = Layout(c, angle), c.uniform(0.12, 0.3)
    tether = c.between(0.01, 0.05)
    gap = c.between(0.015, 0.06)
    for k in range(4):
        a = np.linspace(k * np.pi / 2 + 0.2, (k + 1) * np.pi / 2 - 0.2, 14)
        inner, outer = r + gap, r + c.uniform(0.15, 0.4)
        ring = [(inner * np.cos(t), inner * np.sin(t)) for t in a] + [
            (outer * np.cos(t), outer * np.sin(t)) for t in a[::-1]
        ]
        art.polygon(ring)
    art.box(-2, -tether / 2, 2, tether / 2)
    art.box(-tether / 2, -2, tether / 2, 2)
    art.disc(0, 0, r)
    if c.chance(0.5):
        art.disc(0, 0, r * c.uniform(0.4, 0.8), 0)
    for sx, sy in ((-1, -1), (1, -1), (1, 1), (-1, 1)):
        if c.chance(0.5):
            art.box(min(sx * 0.55, sx * 1.4), min(sy * 0.3, sy), max(sx * 0.55, sx * 1.4), max(sy * 0.3, sy))
    tall, glow = metal(c)
    build(c, scene, art.mask(), tall * 2, glow)
    return finished(c, scene, angle, 2 * r, "resonators", "disc on tethers")
