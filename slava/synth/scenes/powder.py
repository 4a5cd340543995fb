"""Powder: grains piled deep, filling the frame."""

import numpy as np

from slava.synth.crystals import Grains
from slava.synth.fields import Array, cells
from slava.synth.scene import Canvas, Recipe, Scene
from slava.synth.solids import Body, ellipsoid, put, put_many, rod, sizes, sphere

ROUND = ("spheres", "ellipsoids", "needles")


def _bed(c: Canvas) -> Scene:
    scene = Scene.bare(c, c.uniform(0.1, 0.4), 1.0)
    scene.height -= c.span(0.05, 0.2)
    scene.objects, scene.size_kind, scene.counted, scene.covers = "grains", "grain diameter", False, False
    scene.nm = (300, 80000)
    return scene


def pile(c: Canvas, scene: Scene, kind: str, radius: float, spread: float, cover: float = 3.0) -> None:
    """Heaps grains of a kind, the low ones first, until they cover the frame several times."""
    if radius > 0.08 * c.unit:
        cover *= 1.7
    count = int(np.clip(cover * c.height * c.width / (3.0 * radius**2), 12, 260))
    depth, glow, uneven = radius * c.uniform(1.0, 4.0), c.uniform(0.45, 0.85), c.uniform(0.02, 0.2)
    hills = c.noise(c.span(0.3, 0.9)) * depth * 0.5
    if radius < 0.08 * c.unit:
        _bottom(c, scene, hills, radius, glow)
    drawn, bank = sizes(c, count, radius, spread), Grains(c.rng, kind if kind not in ROUND else "lumps")
    for (y, x), r, level in zip(c.points(count, radius), drawn, np.sort(c.rng.random(count)), strict=True):
        body, reach = _grain(c, kind, float(r), bank)
        hill = hills[int(np.clip(y, 0, c.height - 1)), int(np.clip(x, 0, c.width - 1))]
        put(
            scene,
            body,
            x,
            y,
            reach,
            float(level * depth + hill),
            glow * c.uniform(1 - uneven, 1 + uneven),
            2 * float(r),
        )


def _bottom(c: Canvas, scene: Scene, hills: Array, radius: float, glow: float) -> None:
    """A closed lower layer of grains, so that no bare ground shows between small ones."""
    size = max(2.0 * radius, 5)
    index, border = cells(c.points(int(1.3 * c.height * c.width / size**2)), c.height, c.width)
    tone = c.rng.uniform(0.6, 1.1, int(index.max()) + 1).astype(np.float32)
    dome = np.sqrt(np.minimum(border, size / 2) * size) * 0.8 + radius * (2 * tone[index] - 2)
    scene.height = (hills - radius * c.uniform(0.3, 1.2) + dome).astype(np.float32)
    scene.albedo = (glow * tone[index]).astype(np.float32)


def _grain(c: Canvas, kind: str, r: float, bank: Grains) -> tuple[Body, float]:
    if kind == "spheres":
        return sphere(r), r + 1
    if kind == "needles":
        return rod(r * c.uniform(4, 9), r * 0.5, c.uniform(0, 3.2)), r * 5
    if kind == "ellipsoids":
        return ellipsoid(r * c.uniform(1, 1.5), r, r, c.uniform(0, 3.2)), r * 1.6
    return bank.body(r), r * 1.55


def roughened(c: Canvas, scene: Scene, radius: float) -> None:
    """Fine texture on the grains."""
    if c.chance(0.8):
        scene.height += (
            radius * c.between(0.01, 0.09) * c.fractal(max(2.5, radius * c.uniform(0.2, 0.8)), 0.65)
        )
    if c.chance(0.4):
        scene.albedo *= 1 + c.uniform(0.03, 0.12) * c.fractal(c.between(2, 12), 0.7)


def fines(c: Canvas, scene: Scene, radius: float) -> None:
    """Small grains that cling to the large ones."""
    count, bank = int(c.between(15, 220)), Grains(c.rng, "lumps", 5)
    for y, x in c.points(count):
        r = max(1.2, radius * c.between(0.04, 0.16))
        level = scene.height[min(int(y), c.height - 1), min(int(x), c.width - 1)]
        put(scene, bank.body(r), x, y, r * 1.55, float(level), c.uniform(0.4, 0.95), 2 * r)


def _piled(c: Canvas, kind: str, shape: str, low: float = 0.02, high: float = 0.22) -> Scene:
    scene = _bed(c)
    radius = c.span(low, high)
    pile(c, scene, kind, radius, c.uniform(0.15, 0.6))
    roughened(c, scene, radius)
    if c.chance(0.5):
        fines(c, scene, radius)
    scene.shape = shape
    return scene


def angular_grains(c: Canvas) -> Scene:
    """Crushed mineral."""
    return _piled(c, "polyhedra", "angular")


def lumpy_grains(c: Canvas) -> Scene:
    """Rounded irregular grains."""
    return _piled(c, "lumps", "irregular")


def round_grains(c: Canvas) -> Scene:
    """Atomized powder: balls of many sizes."""
    return _piled(c, "spheres" if c.chance(0.6) else "ellipsoids", "rounded")


def flakes(c: Canvas) -> Scene:
    """Thin plates lying about, as graphite or clay."""
    return _piled(c, "flakes" if c.chance(0.7) else "hexagonal plates", "flakes", 0.04, 0.25)


def sugar(c: Canvas) -> Scene:
    """Well-grown crystals."""
    kind = c.pick("cubes", "bricks", "hexagonal prisms", "octahedra", "truncated octahedra")
    return _piled(c, kind, "faceted crystals", 0.03, 0.22)


def needles(c: Canvas) -> Scene:
    """Stubby needles thrown together."""
    return _piled(c, "needles", "needles", 0.015, 0.05)


def secondary_balls(c: Canvas) -> Scene:
    """Balls made of small primary grains, as cathode powder."""
    scene = _bed(c)
    radius = c.span(0.06, 0.3)
    pile(c, scene, "spheres" if c.chance(0.5) else "lumps", radius, c.uniform(0.2, 0.6))
    grain = radius * c.uniform(0.1, 0.25)
    bumps = np.abs(c.bandpass(max(4, 2 * grain), 0.35))
    scene.height -= grain * c.uniform(0.2, 0.5) * np.exp(-bumps * 2)
    scene.height += 0.1 * grain * c.fractal(max(2, grain))
    scene.shape, scene.nm = "balls of small primary grains", (2000, 30000)
    return scene


def agglomerated_fines(c: Canvas) -> Scene:
    """Fine grains clumped into cauliflower-like heaps with dark hollows."""
    scene = _bed(c)
    clump = c.fractal(c.span(0.15, 0.6), 0.55, 5)
    r = c.span(0.012, 0.035)
    glow, bank = c.uniform(0.5, 0.9), Grains(c.rng, "lumps")
    _bottom(c, scene, clump * c.span(0.04, 0.15), r, glow)
    for y, x in c.points(300):
        level = scene.height[min(int(y), c.height - 1), min(int(x), c.width - 1)]
        s = r * c.between(0.6, 1.8)
        put(scene, bank.body(s), x, y, s * 1.55, float(level), glow * c.uniform(0.85, 1.1), 2 * s)
    scene.height += r * 0.25 * c.bandpass(max(3, 1.6 * r), 0.5)
    scene.shape, scene.nm = "fine agglomerated grains", (20, 2000)
    return scene


def nano_powder(c: Canvas) -> Scene:
    """A loose mass of grains of a few pixels, over hills, with lumps of them on top."""
    scene = _bed(c)
    fine = c.between(5, 13)
    hills = c.fractal(c.span(0.1, 0.5), 0.6, 5) * c.span(0.03, 0.1)
    glow = c.uniform(0.4, 0.8)
    _bottom(c, scene, np.asarray(hills), fine / 2, glow)
    many = int(c.uniform(0.3, 1.0) * c.height * c.width / fine**2)
    yx = c.points(many)
    y, x = np.clip(yx, 0, (c.height - 1, c.width - 1)).astype(np.int32).T
    r = sizes(c, many, fine / 2, 0.4)
    lifts = scene.height[y, x] + r * c.rng.uniform(0, 1.5, many).astype(np.float32)
    put_many(scene, yx, r, lifts, glow * c.rng.uniform(0.8, 1.2, many), 2 * r)
    scene.sizes, scene.shape, scene.nm = [fine], "fine rounded grains", (15, 500)
    return scene


def heap(c: Canvas) -> Scene:
    """A heap that leaves part of the carbon tape bare."""
    scene = _bed(c)
    scene.height += c.span(0.05, 0.2)
    radius = c.span(0.02, 0.08)
    slope, _ = c.turned(c.uniform(0, 6.3))
    dense = slope / c.unit + 0.4 * c.noise(c.span(0.2, 0.5)) + 0.35
    kind = c.pick("lumps", "polyhedra", "spheres", "flakes")
    bank = Grains(c.rng, kind if kind not in ROUND else "lumps")
    for y, x in c.points(int(min(380, 2.6 * c.height * c.width / (3 * radius**2)))):
        if dense[int(np.clip(y, 0, c.height - 1)), int(np.clip(x, 0, c.width - 1))] > c.uniform(-0.2, 0.3):
            r = radius * c.between(0.4, 1.8)
            body, reach = _grain(c, kind, r, bank)
            put(scene, body, x, y, reach, r * c.uniform(0.3, 3), c.uniform(0.5, 0.8), 2 * r)
    roughened(c, scene, radius)
    scene.shape, scene.covers = "irregular", True
    return scene


RECIPES = (
    Recipe(angular_grains, 2),
    Recipe(lumpy_grains, 2),
    Recipe(round_grains, 1.2),
    Recipe(flakes, 1.5),
    Recipe(sugar, 1.2),
    Recipe(needles, 0.6),
    Recipe(secondary_balls, 1.2),
    Recipe(agglomerated_fines, 1.5),
    Recipe(nano_powder, 1.5),
    Recipe(heap, 0.5),
)
