"""Nanowires: thin and many; meshes, forests, bundles, or one alone."""

import numpy as np

from slava.synth.fields import Array, cells
from slava.synth.scene import Canvas, Recipe, Scene
from slava.synth.solids import ellipsoid, put, put_many
from slava.synth.tubes import walk, wires


def _ground(c: Canvas) -> Scene:
    scene = Scene.bare(c, c.between(0.05, 0.35), c.between(0.1, 1.5) if c.chance(0.5) else 0.0)
    scene.objects, scene.size_kind, scene.shape, scene.nm = "nanowires", "wire diameter", "wires", (10, 300)
    scene.wall = c.uniform(0.7, 1.2)
    return scene


def _lay(
    c: Canvas, scene: Scene, starts: Array, angles: Array, length: float, radius: float, curl: float,
    taper: float = 0.0, rise: float = 0.0, steps: int = 0,
) -> Array:  # fmt: skip
    """Draws wires of about a length and radius; their paths [N, L, 2]."""
    many = len(starts)
    count = steps or int(np.clip(length / 0.85, 8, 480))
    step = np.clip(c.rng.normal(1, 0.2, many), 0.4, 1.6) * length / count
    xy = walk(c.rng, starts, angles, step.astype(np.float32), count, curl)
    own = np.clip(c.rng.lognormal(0, c.uniform(0.03, 0.25), many) * radius, 0.6, 30).astype(np.float32)
    along = np.linspace(0, 1, count, dtype=np.float32)
    r = np.maximum(own[:, None] * (1 - taper * along), 0.45)
    depth = np.linspace(0.3, 0.3 + min(8.0, many / 12), many, dtype=np.float32) * radius
    level = depth[:, None] + np.float32(rise) * along
    glow = c.uniform(0.45, 0.9) * np.linspace(c.uniform(0.35, 0.9), 1, many)
    wires(scene, xy, r, level.astype(np.float32), glow.astype(np.float32), 2 * own)
    return xy


def mesh(c: Canvas) -> Scene:
    """Straight or wavy wires lying in all directions, few to very many."""
    scene = _ground(c)
    radius = c.between(0.7, 4)
    many = int(np.clip(c.between(15, 420), 8, 150000 / (c.unit * radius)))
    scene.height -= radius * 4 if many > 60 else 0
    length = c.span(0.4, 1.6)
    _lay(c, scene, c.points(many, length / 3)[:, ::-1], c.rng.uniform(0, 6.3, many).astype(np.float32), length, radius,
         c.between(0.02, 0.6))  # fmt: skip
    scene.counted = many <= 40
    return scene


def curly(c: Canvas) -> Scene:
    """Tangled carbon nanotubes."""
    scene = _ground(c)
    radius = c.between(0.7, 2.8)
    many = int(np.clip(c.between(40, 300), 20, 170000 / (c.unit * radius)))
    scene.height -= radius * c.uniform(0, 6)
    length = c.span(0.8, 1.8)
    _lay(
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
    scene = _ground(c)
    radius, angle = c.between(0.8, 4), c.uniform(0, np.pi)
    many = int(np.clip(c.between(30, 350), 20, 190000 / (c.unit * radius)))
    scene.height -= radius * c.uniform(0, 6)
    length = c.span(0.8, 1.8)
    angles = angle + c.rng.normal(0, c.between(0.02, 0.3), many)
    starts = c.points(many, length / 2)[:, ::-1] - 0.5 * length * np.array(
        [np.cos(angle), -np.sin(angle)], np.float32
    )
    _lay(c, scene, starts.astype(np.float32), angles.astype(np.float32), length, radius, c.between(0.02, 0.5))
    scene.counted, scene.orientation = False, angle
    return scene


def lone(c: Canvas) -> Scene:
    """One or a few wires on a flat substrate, some with a catalyst ball at the end."""
    scene = _ground(c)
    radius, many = c.between(1, 9), int(c.rng.choice([1, 1, 2, 3, 5, 8]))
    length = c.span(0.4, 1.5)
    angles = c.rng.uniform(0, 6.3, many).astype(np.float32)
    middle = c.points(many, -0.2 * c.unit)[:, ::-1]
    starts = middle - 0.5 * length * np.stack([np.cos(angles), -np.sin(angles)], 1).astype(np.float32)
    xy = _lay(
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


def forest(c: Canvas) -> Scene:
    """Standing wires, seen tilted: a true array of tall posts, with or without catalyst tips."""
    scene = _ground(c)
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
    if c.chance(0.6):
        return c.points(many)
    gap = max(gap, (c.height * c.width / 900) ** 0.5)
    jitter = c.uniform(0, 0.08) * gap
    y, x = np.mgrid[gap / 2 : c.height : gap, gap / 2 : c.width : gap]
    if c.chance(0.5):
        x[1::2] += gap / 2
    flat = np.stack([y.ravel(), x.ravel()], 1)
    return np.asarray(flat + c.rng.normal(0, 1, flat.shape) * jitter, np.float32)


def grass(c: Canvas) -> Scene:
    """A forest from the side: wires rise from below, dense, bending, bright at their ends."""
    scene = _ground(c)
    radius = c.between(0.8, 3.5)
    many = int(np.clip(c.between(100, 420), 40, 200000 / (c.unit * radius)))
    length = c.span(0.35, 1.0)
    floor = c.height * c.uniform(0.75, 1.1)
    feet = floor + np.linspace(-c.uniform(0, 0.5), 0.05, many) * c.unit
    starts = np.stack([c.rng.uniform(-0.1, 1.1, many) * c.width, feet], 1)
    angles = np.pi / 2 + c.rng.normal(c.rng.normal(0, 0.1), c.between(0.03, 0.3), many)
    xy = _lay(
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
    scene = _ground(c)
    radius, many = c.between(1.0, 5), int(c.between(30, 380))
    length = c.span(0.04, 0.25)
    angles = (c.uniform(0, 6.3) + c.rng.normal(0, c.between(0.1, 2), many)).astype(np.float32)
    xy = _lay(
        c, scene, c.points(many, length)[:, ::-1], angles, length, radius, 0.05, c.uniform(-0.3, 0.5), length
    )
    _tipped(c, scene, xy[:, -1], max(1.2, radius * c.uniform(0.8, 1.4)))
    scene.counted = False
    return scene


def urchins(c: Canvas) -> Scene:
    """Flowers of tapered needles that radiate from common hearts, as zinc oxide grows."""
    scene = _ground(c)
    hearts = c.points(int(c.rng.integers(1, 9)), 0.1 * c.unit)[:, ::-1]
    length, radius = c.span(0.12, 0.6), c.between(1.5, 6)
    many = int(min(340, len(hearts) * c.uniform(20, 90)))
    starts = hearts[c.rng.integers(len(hearts), size=many)] + c.rng.normal(0, 3, (many, 2)).astype(np.float32)
    angles = c.rng.uniform(0, 6.3, many).astype(np.float32)
    _lay(c, scene, starts, angles, length, radius, 0.03, c.uniform(0.3, 1), length * c.uniform(-0.4, 0.4))
    scene.counted, scene.shape = False, "tapered needles"
    return scene


def rod_carpet(c: Canvas) -> Scene:
    """A dense carpet of hexagonal rods seen from above."""
    scene = _ground(c)
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


RECIPES: tuple[Recipe, ...] = (
    Recipe(mesh, 2.2),
    Recipe(curly, 1.3),
    Recipe(aligned, 1),
    Recipe(lone, 1.5),
    Recipe(forest, 4, (20, 75), 0.92, 0.45),
    Recipe(grass, 2.2),
    Recipe(leaning, 1.5),
    Recipe(urchins, 0.8),
    Recipe(rod_carpet, 0.8),
)
