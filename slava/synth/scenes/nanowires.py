"""Nanowires: thin and many; meshes, forests, bundles, or one alone."""

import numpy as np

from slava.synth.scene import Canvas, Recipe, Scene
from slava.synth.scenes.forests import forest, grass, leaning, rod_carpet
from slava.synth.scenes.laying import ground, lay
from slava.synth.solids import ellipsoid, put


def mesh(c: Canvas) -> Scene:
    """Straight or wavy wires lying in all directions, few to very many."""
    scene = ground(c)
    radius = c.between(0.7, 4)
    many = int(np.clip(c.between(15, 420), 8, 150000 / (c.unit * radius)))
    scene.height -= radius * 4 if many > 60 else 0
    length = c.span(0.4, 1.6)
    lay(
        c,
        scene,
        c.points(many, length / 3)[:, ::-1],
        c.rng.uniform(0, 6.3, many).astype(np.float32),
        length,
        radius,
        c.between(0.02, 0.6),
    )
    scene.counted = many <= 40
    return scene


def curly(c: Canvas) -> Scene:
    """Tangled carbon nanotubes."""
    scene = ground(c)
    radius = c.between(0.7, 2.8)
    many = int(np.clip(c.between(40, 300), 20, 170000 / (c.unit * radius)))
    scene.height -= radius * c.uniform(0, 6)
    length = c.span(0.8, 1.8)
    lay(
        c,
        scene,
        c.points(many, length / 3)[:, ::-1],
        c.rng.uniform(0, 6.3, many).astype(np.float32),
        length,
        radius,
        c.uniform(0.8, 2.5),
    )
    scene.counted, scene.shape = False, "curled wires"
    return scene


def aligned(c: Canvas) -> Scene:
    """A combed carpet or a bundle: wires along one direction."""
    scene = ground(c)
    radius, angle = c.between(0.8, 4), c.uniform(0, np.pi)
    many = int(np.clip(c.between(30, 350), 20, 190000 / (c.unit * radius)))
    scene.height -= radius * c.uniform(0, 6)
    length = c.span(0.8, 1.8)
    angles = angle + c.rng.normal(0, c.between(0.02, 0.3), many)
    starts = c.points(many, length / 2)[:, ::-1] - 0.5 * length * np.array(
        [np.cos(angle), -np.sin(angle)], np.float32
    )
    lay(c, scene, starts.astype(np.float32), angles.astype(np.float32), length, radius, c.between(0.02, 0.5))
    scene.counted, scene.orientation = False, angle
    return scene


def lone(c: Canvas) -> Scene:
    """A few wires on a flat substrate, some with a catalyst ball at the end."""
    scene = ground(c)
    radius, many = c.between(0.8, 4), int(c.rng.choice([2, 3, 5, 8, 12]))
    length = max(c.span(0.4, 1.5), 40 * radius)
    angles = c.rng.uniform(0, 6.3, many).astype(np.float32)
    middle = c.points(many, -0.2 * c.unit)[:, ::-1]
    starts = middle - 0.5 * length * np.stack([np.cos(angles), -np.sin(angles)], 1).astype(np.float32)
    xy = lay(
        c,
        scene,
        starts,
        angles,
        length,
        radius,
        c.between(0.005, 0.2),
        c.uniform(0, 0.6) if c.chance(0.4) else 0,
    )
    known = scene.ids.copy()
    if c.chance(0.4):
        for x, y in xy[:, -1]:
            put(
                scene,
                ellipsoid(radius * 1.4, radius * 1.4, radius * 1.4),
                float(x),
                float(y),
                radius * 2,
                radius,
                0.9,
                0,
            )
        scene.ids = np.where(scene.ids > many, 0, scene.ids)
        scene.ids = np.where(known > 0, known, scene.ids).astype(np.int32)
        del scene.sizes[many:]
    scene.orientation = float(angles[0]) % np.pi if many == 1 else None
    return scene


def urchins(c: Canvas) -> Scene:
    """Flowers of tapered needles that radiate from common hearts, as zinc oxide grows."""
    scene = ground(c)
    hearts = c.points(int(c.rng.integers(1, 9)), 0.1 * c.unit)[:, ::-1]
    length, radius = c.span(0.12, 0.6), c.between(1.5, 6)
    many = int(min(340, len(hearts) * c.uniform(20, 90)))
    starts = hearts[c.rng.integers(len(hearts), size=many)] + c.rng.normal(0, 3, (many, 2)).astype(np.float32)
    angles = c.rng.uniform(0, 6.3, many).astype(np.float32)
    lay(c, scene, starts, angles, length, radius, 0.03, c.uniform(0.3, 1), length * c.uniform(-0.4, 0.4))
    scene.counted, scene.shape = False, "tapered needles"
    return scene


RECIPES: tuple[Recipe, ...] = (
    Recipe(mesh, 2.2),
    Recipe(curly, 1.3),
    Recipe(aligned, 1),
    Recipe(lone, 1.5),
    Recipe(forest, 4, (20, 75), 0.92, 0.45),
    Recipe(grass, 2.2),
    Recipe(leaning, 1.5),
    Recipe(urchins, 0.8),
    Recipe(rod_carpet, 0.5),
)
