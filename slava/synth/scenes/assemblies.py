"""Particles by the hundred: monolayers, specks, islands, agglomerates."""

import numpy as np

from slava.synth.scene import Canvas, Scene
from slava.synth.scenes.substrates import number, places, spaced, substrate
from slava.synth.solids import lump, put, put_many, sizes, sphere


def agglomerates(c: Canvas) -> Scene:
    """Raspberry-like clusters of small spheres, each cluster one object."""
    scene = substrate(c)
    r0 = c.span(0.04, 0.25)
    grain = r0 * c.uniform(0.12, 0.35)
    glow = c.uniform(0.5, 1)
    count = min(number(c, r0, 0.25), 14)
    for (y, x), r in zip(spaced(c, count, r0), sizes(c, count, r0, 0.3), strict=False):
        _raspberry(c, scene, float(x), float(y), float(r), grain, glow)
    scene.objects, scene.shape, scene.size_kind = (
        "agglomerates",
        "agglomerates of small spheres",
        "agglomerate diameter",
    )
    scene.nm = (100, 20000)
    return scene


def _raspberry(c: Canvas, scene: Scene, x: float, y: float, r: float, grain: float, glow: float) -> None:
    first = len(scene.sizes) + 1
    many = int(min(120, 6 + 2.5 * (r / grain) ** 2))
    angle, far = c.rng.uniform(0, 6.3, many), np.sqrt(c.rng.random(many)) * max(r - grain, grain)
    for a, d, s in zip(angle, far, sizes(c, many, grain, 0.2), strict=True):
        lift = np.sqrt(max(r * r - d * d, 0)) * c.uniform(0.3, 1.0)
        put(
            scene,
            sphere(float(s)),
            x + d * np.cos(a),
            y + d * np.sin(a),
            s + 1,
            lift,
            glow * c.uniform(0.9, 1.1),
            0,
        )
    scene.ids[scene.ids > first] = first
    del scene.sizes[first - 1 :]
    scene.sizes.append(2 * r)


def monolayer(c: Canvas) -> Scene:
    """Spheres packed in a layer, with vacancies and bare patches."""
    scene = substrate(c)
    r = c.span(0.015, 0.12)
    turn, loose, gap = c.uniform(0, 1.1), c.uniform(0, 0.12), c.uniform(0.0, 0.25)
    bare = c.noise(c.span(0.15, 0.6)) - c.uniform(-0.2, 1.5)
    n = int(np.hypot(c.height, c.width) / r / 1.7) // 2 + 2
    i, j = (g.ravel() for g in np.mgrid[-n : n + 1, -n : n + 1])
    u, v = 2 * r * (i + 0.5 * (j % 2)), 3**0.5 * r * j
    x = c.width / 2 + u * np.cos(turn) - v * np.sin(turn) + c.rng.normal(0, loose * r, u.shape)
    y = c.height / 2 + u * np.sin(turn) + v * np.cos(turn) + c.rng.normal(0, loose * r, u.shape)
    glow = c.uniform(0.5, 1)
    row, column = np.clip(y, 0, c.height - 1).astype(int), np.clip(x, 0, c.width - 1).astype(int)
    seen = (
        (bare[row, column] < 0)
        & (np.abs(y - c.height / 2) < c.height / 2 + r)
        & (np.abs(x - c.width / 2) < c.width / 2 + r)
    )
    there = seen & (c.rng.random(len(x)) > gap * 0.2)
    yx = np.stack([y, x], 1)[there].astype(np.float32)
    s = sizes(c, len(yx), r * c.uniform(0.93, 1.0), c.uniform(0, 0.06))
    if len(yx):
        put_many(scene, yx, s, s, np.full(len(yx), glow), 2 * s)
    scene.shape, scene.nm = "spheres", (60, 3000)
    if there.sum() < seen.sum():
        scene.defects.add("missing element")
    return scene


def tiny_dots(c: Canvas) -> Scene:
    """Many bright specks of a few pixels, loosely or in heaps."""
    scene = substrate(c)
    scene.albedo *= np.float32(c.uniform(0.5, 1))
    r0, glow = c.uniform(1.4, 4.5), c.uniform(0.5, 1.0)
    count = int(c.between(3, 350))
    yx = places(c, count, r0)
    r = np.maximum(sizes(c, len(yx), r0, c.uniform(0.05, 0.4)), 1.4)
    if c.chance(0.3):
        r[: len(r) // 8 + 1] *= c.uniform(1.5, 4)
    put_many(scene, yx, r, r, np.full(len(yx), glow), 2 * r)
    scene.shape, scene.nm = "spheres", (8, 300)
    return scene


def islands(c: Canvas) -> Scene:
    """Metal islands grown on a substrate: dense, flat, irregular, well told apart."""
    scene = substrate(c)
    r = c.span(0.012, 0.07)
    count = int(min(420, c.uniform(0.2, 0.6) * c.height * c.width / (np.pi * r * r)))
    glow = c.uniform(0.5, 1.0)
    for (y, x), s in zip(spaced(c, count, r * 0.9), sizes(c, count, r, 0.35), strict=False):
        put(
            scene,
            lump(c.rng, float(s), 0.12, 0.4),
            x,
            y,
            float(s) * 1.9,
            0.2,
            glow * c.uniform(0.9, 1.1),
            2 * float(s),
        )
    scene.objects, scene.shape, scene.size_kind, scene.nm = (
        "islands",
        "irregular",
        "island diameter",
        (10, 500),
    )
    return scene
