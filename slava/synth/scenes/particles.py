"""Particles: single ones, scattered or clustered, on a flat substrate."""

import numpy as np

from slava.synth.crystals import Grains, crystal
from slava.synth.fields import Array
from slava.synth.scene import Canvas, Recipe, Scene
from slava.synth.scenes.assemblies import agglomerates, islands, monolayer, tiny_dots
from slava.synth.scenes.substrates import number, places, spaced, substrate
from slava.synth.solids import Body, ellipsoid, lump, put, put_many, rod, sizes, sphere

CRYSTALS = (
    "cubes", "octahedra", "truncated octahedra", "tetrahedra", "hexagonal plates", "triangular plates",
    "hexagonal prisms", "bricks",
)  # fmt: skip


def scattered(c: Canvas, shape: str, make: Body | None = None) -> Scene:
    """Particles of one kind on a substrate."""
    scene = substrate(c)
    few = shape in CRYSTALS or shape == "rods"  # a lone one of these may be a device, or a tip
    r0 = c.span(0.008, {"rods": 0.05}.get(shape, 0.1 if few else 0.16))
    count = max(number(c, r0, 0.2 if shape == "irregular" else 0.35), 6 if few else 1)
    glow, spread = c.uniform(0.45, 1.0), c.uniform(0.03, 0.45)
    wobble = 0.0 if c.chance(0.4) else c.uniform(0.1, 1.2)
    aspect, bank = c.uniform(1.1, 1.7), Grains(c.rng, "lumps" if c.chance(0.6) else "polyhedra", 8)
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


def dark_dots(c: Canvas) -> Scene:
    """Dark specks, droplets or pit-like particles on a bright substrate, some with a bright core."""
    scene = substrate(c)
    scene.albedo += c.uniform(0.3, 0.7)
    r0, rim, core = c.span(0.006, 0.05), c.between(0.02, 0.5), c.chance(0.3)
    yx = places(c, number(c, r0, 0.15), r0)
    r = np.maximum(sizes(c, len(yx), r0, c.uniform(0.05, 0.5)), 1.5)
    dark = c.uniform(0.05, 0.3) * c.rng.uniform(0.8, 1.2, len(yx))
    put_many(scene, yx, r, np.full(len(yx), 0.4), dark, 2 * r, rim)
    if core:
        many = len(scene.sizes)
        put_many(scene, yx, np.maximum(r * 0.5, 1.0), r * rim, np.full(len(yx), 0.9), r)
        scene.ids[scene.ids > many] -= many
        del scene.sizes[many:]
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
            return np.asarray(outer(dx, dy) - np.maximum(inner(dx, dy), 0))

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
    for py, px in c.points(int(c.rng.integers(3, 12))):
        s = r * c.uniform(0.05, 0.2)
        put(scene, sphere(s), px, py, s + 1, s, glow, 2 * s)
    scene.shape = {"sphere": "sphere", "lump": "irregular", "crystal": "faceted"}[kind]
    scene.nm = (100, 50000)
    return scene


RECIPES = (
    Recipe(spheres, 3, (20, 65), 0.25, 0.15),
    Recipe(ellipsoids, 1.2, (20, 60), 0.2, 0.15),
    Recipe(crystals, 2, (20, 60), 0.3, 0.15),
    Recipe(short_rods),
    Recipe(fragments, 1.5, (20, 60), 0.2, 0.15),
    Recipe(agglomerates, 1.2),
    Recipe(monolayer, 1.2, (20, 60), 0.3, 0.1),
    Recipe(tiny_dots, 2.5),
    Recipe(dark_dots, 2),
    Recipe(rings, 0.6),
    Recipe(big_one, 1.5),
    Recipe(islands, 0.8),
)
