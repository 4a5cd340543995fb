"""Tissue: leaf skin, insect eyes, folded membranes."""

import numpy as np

from slava.synth.fields import Array, blurred, cells, step
from slava.synth.scene import Canvas, Scene
from slava.synth.scenes.dishes import ground
from slava.synth.solids import put_many
from slava.synth.tubes import threads, walk, wires


def epidermis(c: Canvas) -> Scene:
    """A leaf's skin: pavement cells, bulging, with stomata between."""
    scene = ground(c)
    size = c.span(0.07, 0.35)
    points = c.points(int(1.3 * c.height * c.width / size**2) + 3)
    index, border = cells(points, c.height, c.width)
    warp = np.maximum(1 + c.uniform(0, 0.25) * c.noise(size * 0.3), 0.1)
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


def confluent(c: Canvas) -> Scene:
    """A closed layer of cells: thin seams or gaps, bulging nuclei, specks and short hairs on top."""
    scene = ground(c)
    size = c.span(0.15, 0.6)
    points = c.points(int(1.2 * c.height * c.width / size**2) + 3, 0.1 * c.unit)
    index, border = cells(points, c.height, c.width)
    tone = c.rng.normal(1, 0.12, len(points)).astype(np.float32)
    gap = c.uniform(0, 0.06) * size
    body = np.clip((border - gap) / (size * c.uniform(0.05, 0.3)), 0, 1)
    yy, xx = c.grid
    far2 = (yy - points[index, 0]) ** 2 + (xx - points[index, 1]) ** 2
    nucleus = np.exp(-far2 / (size * c.uniform(0.12, 0.22)) ** 2)
    smooth = blurred(body.astype(np.float32), size * 0.02)
    scene.height += size * (c.uniform(0.02, 0.12) * smooth + c.uniform(0.02, 0.15) * nucleus)
    scene.height += c.between(0.2, 2) * c.fractal(size * c.uniform(0.1, 0.5), 0.5) * smooth
    if c.chance(0.6):
        shag = c.between(3, 9)
        scene.height += shag * c.uniform(0.1, 0.35) * np.maximum(c.bandpass(shag, 0.5) - 0.5, 0) * smooth
    scene.albedo = (scene.albedo * (1 - smooth) + smooth * c.uniform(0.3, 0.7) * tone[index]).astype(
        np.float32
    )
    scene.ids = np.where(body > 0.1, index + 1, 0).astype(np.int32)
    scene.sizes, scene.shape, scene.counted = [size], "spread cells in a layer", False
    return scene


def membrane(c: Canvas) -> Scene:
    """Close to a cell: a soft rolling surface with blebs, vesicles and short hairs (microvilli)."""
    scene = ground(c)
    size = c.span(0.2, 0.8)
    scene.height += size * c.uniform(0.1, 0.4) * c.fractal(size, 0.35, 3)
    r = c.span(0.01, 0.06)
    yx = c.points(int(c.between(5, 60)))
    level = scene.height[tuple(np.clip(yx, 0, (c.height - 1, c.width - 1)).astype(np.int32).T)]
    radii = np.clip(r * c.rng.lognormal(0, 0.4, len(yx)), 1.2, 60)
    sunk = level - radii * c.uniform(0.0, 0.7)
    put_many(scene, yx, radii, sunk, scene.albedo.mean() * c.rng.uniform(0.9, 1.4, len(yx)), 2 * radii)
    scene.height = blurred(scene.height, c.uniform(0.3, 1.2))
    scene.height += c.between(0.05, 0.6) * c.fractal(c.between(3, 12), 0.6)
    scene.objects, scene.shape, scene.size_kind, scene.nm = (
        "vesicles",
        "rounded",
        "vesicle diameter",
        (100, 1500),
    )
    scene.counted = scene.covers = False
    starts = c.points(int(c.between(60, 400)), 0.05 * c.unit)[:, ::-1]
    length = c.span(0.03, 0.12)
    threads(
        scene, c.rng, starts, length, c.between(0.7, 2), float(scene.albedo.mean()) * c.uniform(1, 1.6), 1.0
    )
    return scene
