"""Flat substrates, and where particles land on them."""

import numpy as np
from scipy.spatial import cKDTree

from slava.synth.fields import Array
from slava.synth.scene import Canvas, Scene
from slava.synth.solids import put, sphere


def substrate(c: Canvas) -> Scene:
    """Flat, dark or bright, smooth or grainy; sometimes scratched or stained."""
    grey = c.between(0.06, 0.35) if c.chance(0.7) else c.uniform(0.35, 0.7)
    scene = Scene.bare(c, grey, c.between(0.03, 0.8) if c.chance(0.5) else 0.0)
    if c.chance(0.3):
        scene.albedo *= 1 + c.between(0.01, 0.1) * c.fractal(c.span(0.05, 0.6))
    if c.chance(0.12):
        _, v = c.turned(c.uniform(0, 3.1), cx=c.uniform(0, c.width), cy=c.uniform(0, c.height))
        scene.height -= c.uniform(1, 3) * np.exp(-((v / c.uniform(0.7, 3)) ** 2))
        scene.defects.add("scratch")
    if c.chance(0.15):
        for y, x in c.points(int(c.rng.integers(10, 120))):
            r = c.uniform(0.8, 2)
            put(scene, sphere(r), x, y, r + 1, 0, 0.5, 0)
        scene.ids[:] = 0
        scene.sizes.clear()
        scene.defects.add("dust")
    scene.plain, scene.objects, scene.size_kind = False, "particles", "particle diameter"
    return scene


def places(c: Canvas, count: int, radius: float) -> Array:
    """Where particles land: at random, apart from each other, or in clusters; [count, 2] (y, x)."""
    style = c.rng.random()
    if style < 0.4:
        return c.points(count, radius * 0.4)
    if style < 0.65:
        return spaced(c, count, radius)
    if style < 0.78:
        return _chained(c, count, radius)
    hubs = c.points(int(c.rng.integers(1, 5)))
    spread = radius * np.sqrt(count / len(hubs)) * c.uniform(0.6, 1.8)
    near = hubs[c.rng.integers(len(hubs), size=count)] + c.rng.normal(0, spread, (count, 2))
    loose = c.points(count)
    return np.where(c.rng.random((count, 1)) < 0.75, near, loose).astype(np.float32)


def _chained(c: Canvas, count: int, radius: float) -> Array:
    """Pairs, triplets and short chains of touching particles."""
    seeds = c.points(count)
    chain = np.cumsum(c.rng.random(count) < c.uniform(0.3, 0.7))
    turn = c.rng.uniform(0, 2 * np.pi, count)
    rank = np.arange(count) - np.searchsorted(chain, chain)
    step = 2 * radius * np.stack([np.sin(turn), np.cos(turn)], 1)
    path = np.cumsum(step * (rank > 0)[:, None], axis=0)
    first = np.searchsorted(chain, chain)
    return np.asarray(seeds[first] + path - path[first], np.float32)


def spaced(c: Canvas, count: int, radius: float) -> Array:
    """Places whose particles do not touch."""
    points = c.points(count * 5, radius * 0.5)
    alive = np.ones(len(points), bool)
    kept: list[int] = []
    for k, near in enumerate(cKDTree(points).query_ball_point(points, 2.6 * radius)):
        if alive[k]:
            kept.append(k)
            alive[near] = False
        if len(kept) == count:
            break
    return points[kept]


def number(c: Canvas, radius: float, most: float = 0.35) -> int:
    """How many: few to hundreds, together not more than this share of the frame."""
    return max(1, int(min(c.between(1, 260), most * c.height * c.width / (np.pi * radius**2))))
