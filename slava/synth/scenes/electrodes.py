"""Electrodes: metal lines and pads on a wafer."""

import numpy as np

from slava.synth.scene import Canvas, Scene
from slava.synth.scenes.layout import Layout, build, chip, finished, metal


def interdigitated(c: Canvas) -> Scene:
    """Two combs of fingers that reach between each other; the fingers are counted."""
    scene, angle = chip(c)
    art, count = Layout(c, angle), int(c.rng.integers(2, 15))
    pitch = c.between(0.03, 0.2)
    width, long, gap = pitch * c.uniform(0.3, 0.7), c.uniform(0.3, 1.0), pitch * c.uniform(0.4, 1.2)
    number = scene.ids
    for k in range(2 * count):
        x = (k - count + 0.5) * pitch
        shift = gap if k % 2 else -gap
        finger = Layout(c, angle)
        for target in (art, finger):
            target.box(x - width / 2, -long / 2 + shift / 2, x + width / 2, long / 2 + shift / 2)
        number[finger.mask() > 0.5] = k + 1
    for side in (-1, 1):
        bus = side * (long / 2 + gap / 2)
        art.box(
            -count * pitch, min(bus, bus + side * 2 * width), count * pitch, max(bus, bus + side * 2 * width)
        )
        if c.chance(0.6):
            art.box(-width * 2, min(bus, 3 * side), width * 2, max(bus, 3 * side))
        if c.chance(0.4):
            art.box(count * pitch - 0.02, bus, 3, bus + side * c.uniform(0.1, 0.6))
    build(c, scene, art.mask(), *metal(c), mark=0)
    scene = finished(c, scene, (angle + np.pi / 2) % np.pi, width, "fingers", "interdigitated combs")
    scene.sizes, scene.counted, scene.size_kind = [width * c.unit], True, "finger width"
    return scene


def contacts(c: Canvas) -> Scene:
    """Leads that run in from pads to a small device in the middle."""
    scene, angle = chip(c)
    art, count = Layout(c, angle), int(c.rng.integers(4, 13))
    inner, thin, wide = c.uniform(0.02, 0.12), c.between(0.008, 0.05), c.between(0.05, 0.15)
    reach, kinks = c.uniform(0.25, 0.6), c.chance(0.5)
    for k in range(count):
        a = 2 * np.pi * k / count + c.rng.normal(0, 0.08)
        far = a + (c.rng.normal(0, 0.3) if kinks else 0)
        p0 = (inner * np.cos(a), inner * np.sin(a))
        p1 = (reach * 0.5 * np.cos(a), reach * 0.5 * np.sin(a))
        p2 = (reach * np.cos(far), reach * np.sin(far))
        art.path([p0, p1], thin)
        nx, ny = -np.sin(far), np.cos(far)
        w0, w1 = thin / 2, wide / 2
        art.polygon([(p1[0] + nx * w0, p1[1] + ny * w0), (p2[0] + nx * w1, p2[1] + ny * w1),
                     (p2[0] - nx * w1, p2[1] - ny * w1), (p1[0] - nx * w0, p1[1] - ny * w0)])  # fmt: skip
        if c.chance(0.85):
            s = wide * c.uniform(0.5, 1.0)
            art.box(p2[0] - s, p2[1] - s, p2[0] + s, p2[1] + s)
    build(c, scene, art.mask(), *metal(c))
    if c.chance(0.7):
        _heart(c, scene, angle, inner, thin)
    return finished(c, scene, angle, thin, "electrodes", "leads and contact pads")


def _heart(c: Canvas, scene: Scene, angle: float, inner: float, thin: float) -> None:
    """What the leads contact: a mesa, a bar, a flake or a wire."""
    art = Layout(c, angle + c.uniform(-0.5, 0.5))
    kind = c.pick("mesa", "bar", "flake", "ring")
    if kind == "bar":
        art.box(-inner * 2, -thin / 2, inner * 2, thin / 2)
    elif kind == "flake":
        a = np.sort(c.rng.uniform(0, 2 * np.pi, 7))
        r = inner * c.rng.uniform(0.8, 2.2, 7)
        art.polygon(np.stack([r * np.cos(a), r * np.sin(a)], 1))
    else:
        art.disc(0, 0, inner * 1.3) if kind == "ring" else art.box(-inner, -inner, inner, inner)
        if kind == "ring":
            art.disc(0, 0, inner * 0.8, 0)
    build(c, scene, art.mask(), c.between(0.5, 5), c.uniform(0.1, 0.7), mark=2)


def serpentine(c: Canvas) -> Scene:
    """A meander between two pads (heater, strain gauge, delay line)."""
    scene, angle = chip(c)
    art, turns = Layout(c, angle), int(c.rng.integers(3, 14))
    pitch, long = c.between(0.04, 0.16), c.uniform(0.25, 0.9)
    width = pitch * c.uniform(0.25, 0.65)
    points = [(-2.0, -long / 2), (-turns * pitch / 2, -long / 2)]
    for k in range(turns):
        x, side = (k - turns / 2) * pitch, 1 if k % 2 == 0 else -1
        points += [(x, side * long / 2), (x + pitch, side * long / 2)]
    points += [(turns * pitch / 2, points[-1][1]), (2.0, points[-1][1])]
    art.path(points, width)
    if c.chance(0.6):
        for side in (-1, 1):
            x = side * (turns * pitch / 2 + 0.3)
            art.box(x - 0.2, -0.3, x + 0.2, 0.3)
    build(c, scene, art.mask(), *metal(c))
    return finished(c, scene, angle, width, "meander lines", "meander")


def coil(c: Canvas) -> Scene:
    """A planar spiral, square or round, with its crossing lead."""
    scene, angle = chip(c)
    art, turns = Layout(c, angle), c.uniform(2, 7)
    pitch = c.uniform(0.3, 0.55) / turns
    width, corners = pitch * c.uniform(0.35, 0.7), int(c.rng.choice([4, 8, 48]))
    t = np.arange(0, turns * corners + 1) * 2 * np.pi / corners + np.pi / 4
    r = 0.06 + pitch * (t - t[0]) / 2 / np.pi
    art.path(list(zip((r * np.cos(t)).tolist(), (r * np.sin(t)).tolist(), strict=True)), width)
    art.box(-0.05, -0.05, 0.05, 0.05)
    art.path(
        [(float(r[-1] * np.cos(t[-1])), float(r[-1] * np.sin(t[-1]))), (2.0, float(r[-1] * np.sin(t[-1])))],
        width,
    )
    build(c, scene, art.mask(), *metal(c))
    if c.chance(0.6):
        lead = Layout(c, angle)
        lead.box(-2, -width, 0, width)
        build(c, scene, lead.mask(), *metal(c), mark=2)
    return finished(c, scene, angle, width, "windings", "spiral coil")


def hall_bar(c: Canvas) -> Scene:
    """A bar with side arms, or a transistor: source, drain and crossing gates."""
    scene, angle = chip(c)
    art = Layout(c, angle)
    thick, arms = c.between(0.04, 0.25), int(c.rng.integers(1, 5))
    long, arm = c.uniform(0.4, 1.1), c.between(0.02, 0.1)
    art.box(-long / 2, -thick / 2, long / 2, thick / 2)
    pads = Layout(c, angle)
    for side in (-1, 1):
        pads.box(
            min(side * long / 2.2, side * 2), -thick * 1.5, max(side * long / 2.2, side * 2), thick * 1.5
        )
        for k in range(arms):
            x = (k + 0.5 - arms / 2) * long / arms * 0.8
            art.box(x - arm / 2, min(0, side * 0.35), x + arm / 2, max(0, side * 0.35))
            pads.box(x - arm * 1.4, min(side * 0.28, side * 2), x + arm * 1.4, max(side * 0.28, side * 2))
    build(c, scene, art.mask(), c.between(1, 10), c.uniform(0.2, 0.6))
    build(c, scene, pads.mask(), *metal(c), mark=2)
    if c.chance(0.4):
        gate = Layout(c, angle)
        gate.box(-arm, -2, arm, 2)
        build(c, scene, gate.mask(), *metal(c), mark=3)
    return finished(c, scene, angle, thick, "mesa and contacts", "bar with side arms")


def nanogap(c: Canvas) -> Scene:
    """Two broad electrodes that come close, sometimes bridged, among large plain pads."""
    scene, angle = chip(c)
    art = Layout(c, angle)
    gap, neck, cone = c.between(0.008, 0.2), c.between(0.01, 0.3), c.uniform(0.2, 1.2)
    for side in (-1, 1):
        x0, x1 = side * gap / 2, side * (gap / 2 + cone)
        broad = c.uniform(0.1, 0.8)
        art.polygon(
            [
                (x0, -neck / 2),
                (x1, -broad),
                (side * 3, -broad),
                (side * 3, broad),
                (x1, broad),
                (x0, neck / 2),
            ]
        )
        if c.chance(0.5):
            art.box(
                min(side * 0.1, side * 3),
                0.9 * broad,
                max(side * 0.1, side * 3),
                0.9 * broad + c.uniform(0.03, 0.2),
                0,
            )
    if c.chance(0.35):
        art.box(-3, c.uniform(0.25, 0.4), 3, 0.42)
    build(c, scene, art.mask(), *metal(c))
    if c.chance(0.5):
        bridge = Layout(c, angle + c.rng.normal(0, 0.2))
        bridge.box(-gap * 1.5 - 0.05, -0.008, gap * 1.5 + 0.05, 0.008)
        build(c, scene, bridge.mask(), c.uniform(1, 5), c.uniform(0.3, 0.9), mark=2)
    return finished(c, scene, angle, gap, "electrodes", "facing electrodes")


def routing(c: Canvas) -> Scene:
    """A stretch of a chip: wires with right-angled turns, pads, crossings in several layers."""
    scene, angle = chip(c)
    thin = c.between(0.01, 0.06)
    for mark in range(1, int(c.rng.integers(2, 4))):
        art = Layout(c, angle)
        for _ in range(int(c.rng.integers(2, 9))):
            x, y = c.rng.uniform(-0.7, 0.7, 2)
            points = [(float(x), float(y))]
            for k in range(int(c.rng.integers(1, 5))):
                x, y = (c.uniform(-0.9, 0.9), y) if k % 2 else (x, c.uniform(-0.7, 0.7))
                points.append((float(x), float(y)))
            art.path(points, thin * c.uniform(0.7, 1.6))
            if c.chance(0.7):
                s = c.between(0.04, 0.2)
                art.box(x - s, y - s, x + s, y + s * c.uniform(0.6, 1.5))
        build(c, scene, art.mask(), *metal(c), mark=mark)
    return finished(c, scene, angle, thin, "wires and pads", "right-angled wires")


def slabs(c: Canvas) -> Scene:
    """A close look at a few large plates, steps and windows, as at the corner of a device."""
    scene, angle = chip(c)
    for mark in range(1, int(c.rng.integers(3, 7))):
        art = Layout(c, angle + (c.rng.normal(0, 0.3) if c.chance(0.2) else 0))
        x, y = c.rng.uniform(-0.9, 0.5, 2)
        w, h = c.between(0.05, 1.5), c.between(0.05, 1.5)
        art.box(x, y, x + w, y + h)
        if c.chance(0.4):
            art.disc(x + w / 2, y + h / 2, min(w, h) * c.uniform(0.1, 0.35), 0)
        tall = c.between(0.5, 20) * (1 if c.chance(0.75) else -1)
        build(c, scene, art.mask(), tall, c.uniform(0.15, 0.9), mark=mark)
    return finished(c, scene, angle, 0.3, "plates", "stepped plates")
