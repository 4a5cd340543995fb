"""Standing nanowires: arrays seen tilted, from the side, from above."""

import numpy as np

from slava.synth.fields import Array, cells
from slava.synth.scene import Canvas, Scene
from slava.synth.scenes.laying import ground, lay
from slava.synth.solids import put_many


def forest(c: Canvas) -> Scene:
    """Standing wires, seen tilted: a true array of tall posts, with or without catalyst tips."""
    scene = ground(c)
    radius = c.between(1.2, 5)
    tall = c.span(0.08, 0.45)
    gap = radius * c.between(2.2, 9)
    points = _sites(c, gap)
    tip, uneven = c.chance(0.5), c.uniform(0.02, 0.35)
    glow, cap = c.uniform(0.4, 0.9), c.uniform(0.8, 1.2)
    many = len(points)
    r = np.maximum(1.0, radius * c.rng.lognormal(0, c.uniform(0.02, 0.2), many)).astype(np.float32)
    h = (tall * np.maximum(0.2, c.rng.normal(1, uneven, many))).astype(np.float32)
    put_many(scene, points, r, h, np.full(many, glow), 2 * r, 0.15)
    if tip:
        put_many(scene, points, r * c.uniform(0.8, 1.25), h, np.full(many, cap), 2 * r, c.uniform(0.8, 2.2))
        scene.ids[scene.ids > many] -= many
        del scene.sizes[many:]
    scene.plain = False
    return scene


def _sites(c: Canvas, gap: float) -> Array:
    """Where wires stand, [N, 2] (y, x), at most 900: on a lattice or at random."""
    many = int(np.clip(c.height * c.width / gap**2, 4, 900))
    if c.chance(0.75):
        return c.points(many)
    gap = max(gap, (c.height * c.width / 900) ** 0.5)
    jitter = c.uniform(0.05, 0.15) * gap
    half = np.hypot(c.height, c.width) / 2 + gap
    y, x = np.mgrid[-half:half:gap, -half:half:gap]
    if c.chance(0.5):
        x[1::2] += gap / 2
    turn = c.uniform(0, np.pi)
    cos, sin = np.cos(turn), np.sin(turn)
    flat = np.stack(
        [(c.height / 2 + y * cos - x * sin).ravel(), (c.width / 2 + x * cos + y * sin).ravel()], 1
    )
    flat = flat[((flat > 0) & (flat < (c.height, c.width))).all(1)]
    return np.asarray(flat + c.rng.normal(0, 1, flat.shape) * jitter, np.float32)


def grass(c: Canvas) -> Scene:
    """A forest from the side: wires rise from below, dense, bending, bright at their ends."""
    scene = ground(c)
    radius = c.between(0.8, 3.5)
    many = int(np.clip(c.between(100, 420), 40, 200000 / (c.unit * radius)))
    length = c.span(0.35, 1.0)
    floor = c.height * c.uniform(0.75, 1.1)
    feet = floor + np.linspace(-c.uniform(0, 0.5), 0.05, many) * c.unit
    starts = np.stack([c.rng.uniform(-0.1, 1.1, many) * c.width, feet], 1)
    angles = np.pi / 2 + c.rng.normal(c.rng.normal(0, 0.1), c.between(0.03, 0.3), many)
    xy = lay(
        c,
        scene,
        starts.astype(np.float32),
        angles.astype(np.float32),
        length,
        radius,
        c.between(0.03, 0.5),
        c.uniform(0, 0.8),
    )
    if c.chance(0.5):
        _tipped(c, scene, xy[:, -1], radius * c.uniform(0.8, 1.8))
    scene.counted, scene.orientation, scene.plain = False, np.pi / 2, False
    return scene


def _tipped(c: Canvas, scene: Scene, ends: Array, r: float) -> None:
    known = len(scene.sizes)
    yx = ends[:, ::-1]
    y, x = np.clip(yx, 0, (c.height - 1, c.width - 1)).astype(np.int32).T
    many = len(yx)
    put_many(scene, yx, np.full(many, r), scene.height[y, x], np.full(many, 1.0), np.zeros(many))
    scene.ids[scene.ids > known] = 0
    del scene.sizes[known:]


def leaning(c: Canvas) -> Scene:
    """A vertical growth seen from nearly above: short leaning wires with bright tips."""
    scene = ground(c)
    radius, many = c.between(1.0, 5), int(c.between(90, 420))
    length = c.span(0.07, 0.3)
    angles = (c.uniform(0, 6.3) + c.rng.normal(0, c.between(0.1, 2), many)).astype(np.float32)
    xy = lay(
        c, scene, c.points(many, length)[:, ::-1], angles, length, radius, 0.05, c.uniform(-0.3, 0.5), length
    )
    _tipped(c, scene, xy[:, -1], max(1.2, radius * c.uniform(0.8, 1.4)))
    scene.counted = False
    return scene


def rod_carpet(c: Canvas) -> Scene:
    """A dense carpet of hexagonal rods seen from above."""
    scene = ground(c)
    size = c.between(8, 30)
    points = c.points(int(c.height * c.width / size**2))
    index, border = cells(points, c.height, c.width)
    level = c.rng.normal(0, 1, (3, len(points))).astype(np.float32)
    top = np.clip(border - size * 0.08, 0, 2.5)
    yy, xx = c.grid
    lean = level[1][index] * (xx - points[index, 1]) + level[2][index] * (yy - points[index, 0])
    scene.height += np.where(top > 0, top + size * c.uniform(0.2, 1) * level[0][index] + 0.2 * lean, -size)
    scene.albedo = np.where(top > 0, 0.6 + 0.1 * level[0][index], 0.12).astype(np.float32)
    scene.sizes, scene.counted, scene.covers, scene.shape = [size], False, False, "hexagonal rods"
    return scene
