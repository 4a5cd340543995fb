"""Fibres: long and thick, crossing the frame."""

import numpy as np

from slava.synth.fields import Array
from slava.synth.scene import Canvas, Recipe, Scene
from slava.synth.scenes.strands import course, finished, ground, skin
from slava.synth.solids import ellipsoid, put
from slava.synth.tubes import fibre


def parallel(c: Canvas) -> Scene:
    """Thick fibres side by side, more or less aligned."""
    scene = ground(c)
    upright = c.chance(0.5)
    length, breadth = (c.height, c.width) if upright else (c.width, c.height)
    radius, slope = c.span(0.04, 0.3), c.uniform(-1.1, 1.1)
    messy, glow, depth = c.between(0.01, 0.35), c.uniform(0.4, 0.8), radius * c.uniform(0.3, 3)
    angle = np.arctan(-slope) if not upright else np.pi / 2 + np.arctan(slope)
    texture, lean, flat = skin(c, radius, float(angle)), c.uniform(-0.3, 0.3), c.uniform(0.4, 1)
    pitch = radius * c.uniform(1.2, 2.6)
    reach = breadth / 2 + abs(slope) * length / 2
    for level in (0.0, 1.0):
        if level == 0 and c.chance(0.3):
            continue
        for start in np.arange(-reach, reach, pitch) + breadth / 2 + c.uniform(0, pitch):
            tilt = slope + c.rng.normal(0, messy * 0.5)
            path = course(
                c, length, start + c.rng.normal(0, messy * radius), tilt, lean + c.rng.normal(0, messy)
            )
            r = radius * float(np.exp(c.rng.normal(0, 0.12)))
            z = (level - 1) * depth + c.rng.normal(0, 0.5) * depth
            fibre(scene, path, r, z, glow * c.uniform(0.9, 1.1), upright, 2 * r, flat, texture)
    scene.orientation = float(angle) if messy < 0.2 else None
    return finished(c, scene, radius)


def mat(c: Canvas) -> Scene:
    """An electrospun mat: fibres in all directions, several layers, perhaps beaded."""
    scene = ground(c)
    radius = c.span(0.012, 0.06)
    spread, glow, beads = c.uniform(0.05, 0.4), c.uniform(0.4, 0.8), c.chance(0.25)
    many = int(np.clip(c.uniform(0.8, 2.6) * c.height / radius / 2, 10, 60))
    for rank in range(many):
        upright = c.chance(0.5)
        length, breadth = (c.height, c.width) if upright else (c.width, c.height)
        path = course(c, length, c.uniform(-0.1, 1.1) * breadth, c.uniform(-1, 1), c.rng.normal(0, 0.3))
        r: Array | float = radius * float(np.exp(c.rng.normal(0, spread)))
        size = 2 * float(r)
        if beads:
            knots = c.points(int(c.rng.integers(0, 4)))[:, 0] / c.height * length
            along = np.arange(length)[:, None]
            r = r * (1 + 2.2 * np.exp(-(((along - knots) / (5 * r)) ** 2)).sum(1)).astype(np.float32)
        depth = (rank / many - 1) * radius * 12 + c.rng.normal(0, radius)
        fibre(scene, path, r, depth, glow * (0.55 + 0.45 * rank / many), upright, size)
    scene.nm = (200, 10000)
    scene.shape = "beaded" if beads else "cylindrical"
    scene.orientation = None
    return finished(c, scene, radius, 0.15)


def woven(c: Canvas) -> Scene:
    """A textile: yarns over and under each other, each of a few filaments."""
    scene = ground(c)
    pitch = c.span(0.08, 0.4)
    filaments = int(c.rng.integers(1, 7))
    glow, skew, tight = c.uniform(0.4, 0.8), c.uniform(-0.25, 0.25), c.uniform(0.36, 0.5)
    r = pitch * tight / filaments * c.uniform(1.0, 1.3)
    texture = skin(c, r, 0.0)
    twill, shift = int(c.rng.integers(1, 3)), c.rng.random(2)
    for upright, phase, other in ((True, shift[0], shift[1]), (False, shift[1], shift[0])):
        length, breadth = (c.height, c.width) if upright else (c.width, c.height)
        for k in range(-3, int(breadth / pitch) + 4):
            along = np.arange(length)
            crossings = np.arange(-4, int(length / pitch) + 5)
            above = np.where((k + crossings) % (2 * twill) < twill, 1.0, -1.0) * (1 if upright else -1)
            over = np.sin(np.pi / 2 * np.interp(along / pitch - other, crossings, above))
            for f in range(filaments):
                offset = (k + phase + (f - filaments / 2 + 0.5) / filaments * 2 * tight) * pitch
                path = (
                    offset + (along - length / 2) * skew * (1 if upright else -1) + c.rng.normal(0, 0.1) * r
                )
                level = (pitch * 0.22 * over + c.rng.normal(0, 0.15) * r).astype(np.float32)
                fibre(
                    scene,
                    path.astype(np.float32),
                    r,
                    level,
                    glow * c.uniform(0.93, 1.05),
                    upright,
                    2 * r,
                    1.0,
                    texture,
                )
    scene.shape, scene.counted, scene.nm = "woven yarns", False, (5000, 40000)
    return finished(c, scene, r, 0.3)


def single(c: Canvas) -> Scene:
    """One to three fibres on a plain ground."""
    scene = ground(c, deep=c.chance(0.5))
    radius = c.span(0.03, 0.3)
    for _ in range(int(c.rng.choice([1, 1, 1, 2, 3]))):
        upright = c.chance(0.5)
        length, breadth = (c.height, c.width) if upright else (c.width, c.height)
        slope = c.uniform(-1.1, 1.1)
        angle = float(np.arctan(-slope) if not upright else np.pi / 2 + np.arctan(slope))
        path = course(c, length, c.uniform(0.3, 0.7) * breadth, slope, c.rng.normal(0, 0.15))
        r = radius * (
            1
            + c.uniform(0, 0.08)
            * c.noise(c.span(0.1, 0.5))[0 if not upright else slice(None), 0 if upright else slice(None)]
        )
        fibre(
            scene,
            path,
            r,
            radius * 0.8,
            c.uniform(0.4, 0.8),
            upright,
            2 * float(r.mean()),
            c.uniform(0.5, 1),
            skin(c, radius, angle),
        )
    scene.orientation = angle if len(scene.sizes) == 1 else None
    return finished(c, scene, radius, 0.6)


def hair(c: Canvas) -> Scene:
    """Hair or wool, with the overlapping scales of the cuticle."""
    scene = ground(c)
    radius, upright = c.span(0.08, 0.4), c.chance(0.5)
    length, breadth = (c.height, c.width) if upright else (c.width, c.height)
    scale = radius * c.uniform(0.3, 0.9)
    yy, xx = c.grid
    along = (yy if upright else xx) / scale + 0.5 * c.fractal(radius * 0.8, 0.6)
    texture = np.asarray(radius * c.uniform(0.04, 0.12) * (along % 1.0), np.float32)
    for _ in range(int(c.rng.integers(1, 6))):
        path = course(c, length, c.uniform(0, 1) * breadth, c.uniform(-0.6, 0.6), c.rng.normal(0, 0.1))
        r = radius * c.uniform(0.8, 1.2)
        fibre(scene, path, r, c.rng.normal(0, radius), c.uniform(0.4, 0.75), upright, 2 * r, 1.0, texture)
    scene.shape, scene.nm = "scaly", (15000, 90000)
    return finished(c, scene, radius, 0.3)


def bundle_ends(c: Canvas) -> Scene:
    """Cut fibres seen end-on, as in a composite or a brush."""
    scene = ground(c)
    radius, glow = c.span(0.03, 0.15), c.uniform(0.45, 0.8)
    uneven = radius * c.uniform(0.3, 5)
    points = c.points(int(c.uniform(0.8, 1.6) * c.height * c.width / (3.2 * radius**2)), radius)
    for y, x in points:
        r = radius * c.uniform(0.85, 1.15)
        put(scene, ellipsoid(r, r, radius * 0.1, 0, 0.2), x, y, r + 1, uneven * c.uniform(0, 1), glow, 2 * r)
    scene.height += radius * 0.02 * c.fractal(max(3, radius * 0.5), 0.7)
    scene.shape, scene.counted, scene.wall = "cylindrical, seen end-on", False, c.uniform(0.5, 0.9)
    return scene


def coated(c: Canvas) -> Scene:
    """Parallel fibres under a rough, patchy coat."""
    scene = parallel(c)
    radius = float(np.mean(scene.sizes)) / 2
    crust = np.maximum(c.fractal(radius * c.uniform(0.3, 1.2), 0.65, 5) + c.uniform(-0.8, 0.8), 0)
    on = scene.ids > 0
    scene.height += (radius * c.between(0.02, 0.12) * crust * on).astype(np.float32)
    scene.albedo *= np.where(on, 1 + c.uniform(-0.25, 0.35) * np.minimum(crust, 1), 1)
    scene.shape = "cylindrical, with a rough coat"
    return scene


RECIPES = (
    Recipe(parallel, 3),
    Recipe(mat, 2.5),
    Recipe(woven, 1.3),
    Recipe(coated, 1.2),
    Recipe(single, 2),
    Recipe(hair, 1),
    Recipe(bundle_ends, 0.6, (15, 65), 0.8, 0.5),
)
