"""Biological: cells, microbes, pollen, diatoms, tissue, insects."""

import numpy as np

from slava.synth.fields import Array, blurred, cells, step
from slava.synth.scene import Canvas, Recipe, Scene
from slava.synth.scenes import organisms
from slava.synth.tubes import walk, wires


def ground(c: Canvas) -> Scene:
    """What living things lie on: glass, a filter, a protein film."""
    scene = Scene.bare(c, c.between(0.12, 0.5), c.between(0.1, 1.2) if c.chance(0.5) else 0.0)
    if c.chance(0.2):
        pores = c.noise(c.between(4, 12)) > 1.6
        scene.height -= 3 * blurred(pores.astype(np.float32), 0.8)
        scene.albedo *= 1 - 0.6 * pores
    scene.objects, scene.size_kind, scene.shape, scene.nm = "cells", "cell diameter", "rounded", (4000, 40000)
    return scene


def spread_cells(c: Canvas) -> Scene:
    """Adherent cells: flat lobed bodies with a bulging nucleus, folds, and filopodia."""
    scene = ground(c)
    size, tone = c.span(0.12, 0.55), c.uniform(0.7, 1.6)
    count = int(np.clip(c.between(1, 12), 1, 0.7 * c.height * c.width / size**2 / 1.5 + 1))
    for y, x in c.points(count, -0.05 * c.unit):
        r = size * c.uniform(0.7, 1.3)
        _cell(c, scene, float(x), float(y), r, tone)
        _filopodia(c, scene, float(x), float(y), r)
    scene.sizes = [2 * size]
    scene.counted = False
    ruffles = c.uniform(0.3, 2) * c.fractal(c.between(4, 16), 0.65)
    scene.height += ruffles * (scene.ids > 0)
    return scene


def _cell(c: Canvas, scene: Scene, x: float, y: float, r: float, tone: float) -> None:
    u, v = c.turned(c.uniform(0, 3.2), x, y)
    v = v * c.between(1, 3)
    turn = np.arctan2(v, u)
    lobes = sum(c.rng.normal(0, 0.3) / k**0.6 * np.cos(k * turn + c.uniform(0, 6.3)) for k in range(2, 10))
    q = np.hypot(u, v) / (r * np.clip(1 + lobes, 0.3, 2.2))
    inside = step(1 - q, 0.06)
    body = np.maximum(1 - q * q, 0)
    nucleus = np.exp(-((u * u + v * v) / (r * c.uniform(0.3, 0.5)) ** 2))
    z = (
        r * (c.uniform(0.05, 0.25) * body ** c.uniform(0.4, 1) + c.uniform(0.1, 0.4) * nucleus)
        + c.uniform(1, 3) * inside
    )
    on = (q < 1) & (z > scene.height)
    scene.height[on] = z[on]
    scene.albedo[on] = np.float32(min(0.9, 0.4 * tone)) * (1 + 0.3 * nucleus[on])
    scene.ids[on] = int(scene.ids.max()) + 1


def _filopodia(c: Canvas, scene: Scene, x: float, y: float, r: float) -> None:
    many = int(c.rng.integers(0, 30))
    if many == 0:
        return
    known = scene.ids.copy()
    angle = c.rng.uniform(0, 6.3, many).astype(np.float32)
    start = np.array([x, y], np.float32) + 0.6 * r * np.stack([np.cos(angle), -np.sin(angle)], 1)
    count = int(np.clip(1.2 * r, 8, 200))
    path = walk(
        c.rng, start.astype(np.float32), angle, c.rng.uniform(0.4, 1.0, many).astype(np.float32), count, 0.3
    )
    thin = np.maximum(c.between(0.7, 2.5) * np.linspace(1.3, 0.7, count, dtype=np.float32), 0.6)
    wires(
        scene,
        path,
        np.tile(thin, (many, 1)),
        np.full((many, count), 0.8, np.float32),
        np.full(many, c.uniform(0.4, 0.8)),
        np.zeros(many),
    )
    scene.ids = known
    scene.sizes.clear()


def neurites(c: Canvas) -> Scene:
    """A web of neurites between a few cell bodies."""
    scene = ground(c)
    many = int(c.between(6, 60))
    start = c.points(many, 0.3 * c.unit)[:, ::-1]
    count = int(1.6 * c.unit)
    path = walk(
        c.rng,
        start,
        c.rng.uniform(0, 6.3, many).astype(np.float32),
        np.full(many, 0.9, np.float32),
        count,
        c.uniform(0.3, 1.2),
    )
    own = c.rng.lognormal(0, 0.5, many) * c.between(0.8, 3)
    beads = 1 + c.uniform(0, 0.5) * np.maximum(
        np.sin(np.arange(count) / c.uniform(4, 15))[None, :] + c.rng.normal(0, 0.5, (many, 1)), 0
    )
    radius = np.clip(own[:, None] * beads, 0.6, 9).astype(np.float32)
    wires(scene, path, radius, np.zeros_like(radius), np.full(many, c.uniform(0.5, 0.8)), 2 * own)
    scene.sizes.clear()
    for y, x in c.points(int(c.rng.integers(1, 6))):
        _cell(c, scene, float(x), float(y), c.span(0.06, 0.16), 1.4)
    scene.sizes, scene.counted, scene.objects, scene.shape = [0.2 * c.unit], False, "neurons", "branching"
    return scene


def epidermis(c: Canvas) -> Scene:
    """A leaf's skin: pavement cells, bulging, with stomata between."""
    scene = ground(c)
    size = c.span(0.07, 0.35)
    points = c.points(int(1.3 * c.height * c.width / size**2) + 3)
    index, border = cells(points, c.height, c.width)
    warp = 1 + c.uniform(0, 0.25) * c.noise(size * 0.3)
    raised = c.uniform(0.2, 0.6) * (1 if c.chance(0.7) else -0.6)
    scene.height += raised * blurred(
        np.sqrt(np.minimum(border * warp, size * 0.35) * size) * 0.6, size * 0.03
    )
    scene.height += c.between(0.02, 0.8) * c.bandpass(
        max(4, size * c.uniform(0.05, 0.2)), 0.4, c.uniform(0, 3.2), 4
    )
    scene.ids = index + 1
    stomata = c.points(int(c.between(0.8, 9)))
    for y, x in stomata:
        _stoma(c, scene, float(x), float(y), size * c.uniform(0.22, 0.4))
    scene.sizes, scene.shape, scene.covers, scene.nm = [size], "pavement cells", False, (10000, 80000)
    scene.counted = False
    return scene


def _stoma(c: Canvas, scene: Scene, x: float, y: float, r: float) -> None:
    u, v = c.turned(c.uniform(0, 3.2), x, y)
    q = np.hypot(u / 1.35, v) / r
    lips = np.exp(-(((q - 0.62) / 0.28) ** 2))
    slit = np.exp(-((u / (0.75 * r)) ** 4 + (v / (0.16 * r)) ** 2))
    inside = step(1.15 - q, 0.3)
    scene.height = (scene.height * (1 - inside) + inside * r * (0.7 * lips - 1.2 * slit)).astype(np.float32)
    scene.albedo *= 1 - 0.7 * slit


def compound_eye(c: Canvas) -> Scene:
    """An insect's eye or a scaled skin: domes in hexagonal order on a curved body, with bristles."""
    scene = ground(c)
    pitch = c.span(0.04, 0.2)
    u, v = c.turned(c.uniform(0, 3.2))
    u, v = u + 2 * c.noise(c.unit * 0.4), v + 2 * c.noise(c.unit * 0.4)
    row = np.round(v / (pitch * 0.866))
    column = np.round(u / pitch - 0.5 * (row % 2))
    du, dv = u / pitch - 0.5 * (row % 2) - column, v / pitch - row * 0.866
    r2 = du * du + dv * dv
    dome = np.sqrt(np.maximum(0.36 - r2, 0)) * pitch * c.uniform(0.4, 1.1)
    yy, xx = c.grid
    far = np.hypot(yy - c.height * c.uniform(0.2, 0.8), xx - c.width * c.uniform(0.2, 0.8)) / (
        c.unit * c.uniform(0.7, 2)
    )
    edge = np.sqrt(np.maximum(1.0 - far * far, 0))
    scene.height += (dome + c.unit * 0.5 * edge) * (far < 1)
    scene.albedo *= np.where(far < 1, c.uniform(1, 2), 0.6)
    scene.height += c.between(0.05, 0.4) * c.fractal(c.between(3, 10), 0.6)
    scene.ids = np.where(far < 1, 1, 0).astype(np.int32)
    scene.sizes, scene.objects, scene.shape, scene.counted = [pitch], "facets", "hexagonal domes", False
    scene.size_kind, scene.nm, scene.covers = "facet diameter", (10000, 30000), False
    if c.chance(0.4):
        _bristles(c, scene)
    return scene


def _bristles(c: Canvas, scene: Scene) -> None:
    many, known = int(c.rng.integers(3, 25)), scene.ids.copy()
    count = int(c.unit * c.uniform(0.1, 0.35))
    lean = c.uniform(0, 6.3) + c.rng.normal(0, 0.25, many)
    path = walk(
        c.rng, c.points(many)[:, ::-1], lean.astype(np.float32), np.full(many, 0.9, np.float32), count, 0.2
    )
    thin = c.between(1.2, 3.5) * np.linspace(1, 0.2, count, dtype=np.float32)
    wires(
        scene,
        path,
        np.tile(thin, (many, 1)),
        np.full((many, count), c.unit * 0.6, np.float32),
        np.full(many, 0.6),
        np.zeros(many),
    )
    scene.ids, scene.sizes = known, scene.sizes[:1]


def tissue(c: Canvas) -> Scene:
    """Soft folded tissue: villi, matrix, mucus; large smooth forms with fine shag."""
    scene = ground(c)
    size = c.span(0.1, 0.5)
    folds: Array = 1 - np.abs(c.bandpass(size, 0.35, c.uniform(0, 3.2), c.between(1, 3)))
    scene.height += size * c.uniform(0.1, 0.35) * folds + size * 0.15 * c.fractal(size, 0.5)
    if c.chance(0.6):
        shag = c.between(4, 12)
        scene.height += shag * 0.3 * np.maximum(c.bandpass(shag, 0.4), -0.3)
    scene.sizes, scene.shape, scene.size_kind, scene.objects = (
        [size],
        "folded tissue",
        "fold spacing",
        "folds",
    )
    scene.counted = scene.covers = False
    scene.nm = (1000, 100000)
    return scene


RECIPES: tuple[Recipe, ...] = (
    Recipe(spread_cells, 3.5, (20, 50), 0.2, 0.1),
    Recipe(neurites, 1.2),
    Recipe(epidermis, 1.5, (20, 50), 0.2, 0.1),
    Recipe(compound_eye, 1),
    Recipe(tissue, 1.5),
    Recipe(organisms.red_cells, 1.2, (20, 50), 0.2, 0.1),
    Recipe(organisms.bacteria, 2, (20, 50), 0.15, 0.1),
    Recipe(organisms.pollen, 1.6),
    Recipe(organisms.diatoms, 1.5),
    Recipe(organisms.yeast, 1),
)
