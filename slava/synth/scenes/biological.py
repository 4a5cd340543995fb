"""Biological: cells, microbes, pollen, diatoms, tissue, insects."""

import numpy as np

from slava.synth.fields import step
from slava.synth.scene import Canvas, Recipe, Scene
from slava.synth.scenes import organisms
from slava.synth.scenes.dishes import ground
from slava.synth.scenes.tissues import compound_eye, confluent, epidermis, membrane, tissue
from slava.synth.tubes import walk, wires


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
    lobes = sum(c.rng.normal(0, 0.22) / k**0.8 * np.cos(k * turn + c.uniform(0, 6.3)) for k in range(2, 10))
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


RECIPES: tuple[Recipe, ...] = (
    Recipe(spread_cells, 3.5, (20, 50), 0.2, 0.1),
    Recipe(neurites, 1.2),
    Recipe(epidermis, 1.5, (20, 50), 0.2, 0.1),
    Recipe(compound_eye, 1),
    Recipe(tissue, 1.2),
    Recipe(confluent, 1.8, (20, 50), 0.2, 0.1),
    Recipe(membrane, 1.2),
    Recipe(organisms.red_cells, 1.2, (20, 50), 0.2, 0.1),
    Recipe(organisms.bacteria, 2, (20, 50), 0.15, 0.1),
    Recipe(organisms.pollen, 1.6),
    Recipe(organisms.diatoms, 1.5),
    Recipe(organisms.yeast, 1),
)
