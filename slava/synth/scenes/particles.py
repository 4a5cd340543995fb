"""Particles: single ones, scattered or clustered, on a flat substrate."""

import numpy as np

from slava.synth.fields import Array
from slava.synth.scene import Canvas, Recipe, Scene
from slava.synth.solids import Body, Grains, crystal, ellipsoid, lump, put, put_many, rod, sizes, sphere

CRYSTALS = (
    "cubes", "octahedra", "truncated octahedra", "tetrahedra", "hexagonal plates", "triangular plates",
    "hexagonal prisms", "bricks",
)  # fmt: skip


def substrate(c: Canvas) -> Scene:
    """Flat, dark or bright, smooth or grainy; sometimes scratched or stained."""
    scene = Scene.bare(c, c.between(0.06, 0.4), c.between(0.05, 1.2) if c.chance(0.6) else 0.0)
    if c.chance(0.3):
        scene.albedo *= 1 + c.uniform(0.03, 0.15) * c.fractal(c.span(0.05, 0.6))
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
    scene.plain, scene.objects, scene.size_kind = False, "particles", "particle diameter"
    return scene


def places(c: Canvas, count: int, radius: float) -> Array:
    """Where particles land: at random, apart from each other, or in clusters; [count, 2] (y, x)."""
    style = c.rng.random()
    if style < 0.4:
        return c.points(count, radius * 0.4)
    if style < 0.65:
        return spaced(c, count, radius)
    hubs = c.points(int(c.rng.integers(1, 5)))
    spread = radius * np.sqrt(count / len(hubs)) * c.uniform(0.6, 1.8)
    near = hubs[c.rng.integers(len(hubs), size=count)] + c.rng.normal(0, spread, (count, 2))
    loose = c.points(count)
    return np.where(c.rng.random((count, 1)) < 0.75, near, loose).astype(np.float32)


def spaced(c: Canvas, count: int, radius: float) -> Array:
    """Places whose particles do not touch."""
    kept: list[Array] = []
    for p in c.points(count * 6, radius * 0.5):
        if all(np.hypot(*(p - q)) > 2.6 * radius for q in kept[-400:]):
            kept.append(p)
        if len(kept) == count:
            break
    return np.array(kept)


def number(c: Canvas, radius: float, most: float = 0.35) -> int:
    """How many: few to hundreds, together not more than this share of the frame."""
    return max(1, int(min(c.between(1, 260), most * c.height * c.width / (np.pi * radius**2))))


def scattered(c: Canvas, shape: str, make: Body | None = None) -> Scene:
    """Particles of one kind on a substrate."""
    scene = substrate(c)
    r0 = c.span(0.008, 0.16)
    count = number(c, r0)
    glow, spread = c.uniform(0.45, 1.0), c.uniform(0.03, 0.45)
    wobble = 0.0 if c.chance(0.4) else c.uniform(0.1, 1.2)
    aspect, bank = c.uniform(1.1, 2.2), Grains(c.rng, "lumps" if c.chance(0.6) else "polyhedra", 8)
    for (y, x), r in zip(places(c, count, r0), sizes(c, count, r0, spread), strict=False):
        radius = max(float(r), 1.6)
        body: Body
        if shape in CRYSTALS:
            body, lift = crystal(c.rng, shape, radius * 1.3, wobble), radius * 0.6
        elif shape == "ellipsoids":
            body, lift = ellipsoid(radius * aspect, radius, radius, c.uniform(0, 3.2)), radius
        elif shape == "rods":
            body, lift = rod(radius * 2 * aspect**2, radius * 0.8, c.uniform(0, 3.2)), radius
        elif shape == "irregular":
            body, lift = bank.body(radius), radius * 0.1
        else:
            body, lift = sphere(radius), radius
        put(scene, body, x, y, radius * 2 * aspect**2, lift, glow * c.uniform(0.85, 1.15), 2 * radius)
    scene.shape, scene.nm = shape, (20, 8000)
    if c.chance(0.35):
        scene.height += 0.02 * r0 * c.fractal(max(3, r0 * 0.5)) * (scene.ids > 0)
    return scene


def spheres(c: Canvas) -> Scene:
    """Round particles."""
    return scattered(c, "spheres")


def ellipsoids(c: Canvas) -> Scene:
    """Egg-shaped particles."""
    return scattered(c, "ellipsoids")


def crystals(c: Canvas) -> Scene:
    """Faceted particles."""
    return scattered(c, c.pick(*CRYSTALS))


def short_rods(c: Canvas) -> Scene:
    """Rod-shaped particles."""
    return scattered(c, "rods")


def fragments(c: Canvas) -> Scene:
    """Irregular particles."""
    return scattered(c, "irregular")


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
    scene.albedo *= np.float32(c.uniform(0.4, 1))
    r0, glow = c.uniform(1.4, 3.2), c.uniform(0.6, 1.0)
    count = int(c.between(8, 350))
    yx = places(c, count, r0)
    r = np.maximum(sizes(c, len(yx), r0, 0.15), 1.4)
    put_many(scene, yx, r, r, np.full(len(yx), glow), 2 * r)
    scene.shape, scene.nm = "spheres", (8, 300)
    return scene


def dark_dots(c: Canvas) -> Scene:
    """Dark particles or droplets on a bright substrate."""
    scene = substrate(c)
    scene.albedo += c.uniform(0.4, 0.7)
    r0, rim = c.span(0.006, 0.06), c.uniform(0, 0.5)
    count = number(c, r0, 0.2)
    for (y, x), r in zip(places(c, count, r0), sizes(c, count, r0, 0.25), strict=False):
        radius = max(float(r), 1.5)
        put(
            scene,
            ellipsoid(radius, radius, radius * rim + 0.2),
            x,
            y,
            radius + 1,
            0.3,
            c.uniform(0.05, 0.3),
            2 * radius,
        )
    scene.shape, scene.nm = "round", (20, 3000)
    return scene


def rings(c: Canvas) -> Scene:
    """Collapsed shells or craters: discs with a raised rim."""
    scene = substrate(c)
    r0, dent, glow = c.span(0.02, 0.15), c.uniform(0.4, 0.95), c.uniform(0.4, 0.9)
    count = min(number(c, r0, 0.25), 60)
    for (y, x), r in zip(spaced(c, count, r0), sizes(c, count, r0, 0.2), strict=False):
        outer, inner = ellipsoid(r, r, r * 0.6), ellipsoid(r * dent, r * dent, r * 0.55)

        def shell(dx: Array, dy: Array, outer: Body = outer, inner: Body = inner) -> Array:
            return outer(dx, dy) - np.maximum(inner(dx, dy), 0)

        put(scene, shell, float(x), float(y), float(r) + 1, 0.4, glow, 2 * float(r))
    scene.shape, scene.nm = "discs with a raised rim", (100, 10000)
    return scene


def big_one(c: Canvas) -> Scene:
    """One particle that fills a good part of the frame, perhaps with small neighbours."""
    scene = substrate(c)
    r, glow = c.span(0.12, 0.42), c.uniform(0.4, 0.9)
    x, y = c.width * c.uniform(0.25, 0.75), c.height * c.uniform(0.25, 0.75)
    kind = c.pick("sphere", "sphere", "lump", "crystal")
    bodies = {
        "sphere": sphere(r),
        "lump": lump(c.rng, r, 0.15),
        "crystal": crystal(c.rng, "truncated octahedra", r * 1.3, 0.7),
    }
    put(scene, bodies[kind], x, y, r * 1.9, r * 0.6, glow, 2 * r)
    scene.height += c.between(0.002, 0.03) * r * c.fractal(r * c.uniform(0.15, 0.6), 0.6) * (scene.ids > 0)
    for py, px in c.points(int(c.rng.integers(0, 6))):
        s = r * c.uniform(0.05, 0.2)
        put(scene, sphere(s), px, py, s + 1, s, glow, 2 * s)
    scene.shape = {"sphere": "sphere", "lump": "irregular", "crystal": "faceted"}[kind]
    scene.nm = (100, 50000)
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


RECIPES = (
    Recipe(spheres, 3, (20, 65), 0.25, 0.15),
    Recipe(ellipsoids, 1.2, (20, 60), 0.2, 0.15),
    Recipe(crystals, 2, (20, 60), 0.3, 0.15),
    Recipe(short_rods),
    Recipe(fragments, 1.5, (20, 60), 0.2, 0.15),
    Recipe(agglomerates, 1.2),
    Recipe(monolayer, 1.2, (20, 60), 0.3, 0.1),
    Recipe(tiny_dots, 1.5),
    Recipe(dark_dots),
    Recipe(rings, 0.6),
    Recipe(big_one, 1.5),
    Recipe(islands, 0.8),
)
