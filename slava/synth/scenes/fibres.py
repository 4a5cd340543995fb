"""Fibres: long and thick, crossing the frame."""

import numpy as np

from slava.synth.fields import Array
from slava.synth.scene import Canvas, Recipe, Scene
from slava.synth.solids import Grains, ellipsoid, put
from slava.synth.tubes import fibre


def _ground(c: Canvas, deep: bool = True) -> Scene:
    scene = Scene.bare(c, c.between(0.04, 0.3), c.between(0.1, 2.0) if c.chance(0.4) else 0.0)
    scene.objects, scene.size_kind, scene.shape = "fibres", "fibre diameter", "cylindrical"
    scene.nm = (1500, 60000)
    if deep:
        scene.height -= c.span(0.1, 0.5)
    return scene


def skin(c: Canvas, radius: float, angle: float) -> Array:
    """Surface relief of fibres: drawing lines along them, fine grain, blisters; [H, W]."""
    relief = c.filled(0)
    if c.chance(0.5):
        relief += (
            radius * c.between(0.003, 0.03) * c.bandpass(max(4, radius * c.uniform(0.15, 0.5)), 0.4, angle, 6)
        )
    if c.chance(0.5):
        relief += radius * c.between(0.002, 0.02) * c.fractal(c.between(3, 14), 0.7)
    if c.chance(0.3):
        relief += np.minimum(radius * 0.05, 3) * np.maximum(c.fractal(radius * 0.4, 0.6) - 1.2, 0)
    return relief


def course(c: Canvas, length: int, start: float, slope: float, bend: float) -> Array:
    """A gently curved centre line over `length` rows or columns."""
    t = np.linspace(-0.5, 0.5, length, dtype=np.float32)
    wave = bend * np.cos(t * c.uniform(1, 6) + c.uniform(0, 6.3)) * length * 0.2
    return np.asarray(start + slope * t * length + wave - wave.mean(), np.float32)


def dirt(c: Canvas, scene: Scene, radius: float) -> None:
    """Crumbs that cling to the fibres; they count as no object."""
    known, last, bank = scene.ids.copy(), len(scene.sizes), Grains(c.rng, "lumps", 6)
    for y, x in c.points(int(c.between(1, 25))):
        r = max(1.2, radius * c.between(0.02, 0.3))
        level = scene.height[min(int(y), c.height - 1), min(int(x), c.width - 1)]
        for _ in range(int(c.rng.integers(1, 5))):
            s, dx, dy = r * c.uniform(0.4, 1), *c.rng.normal(0, r * 0.6, 2)
            put(scene, bank.body(s), x + dx, y + dy, s * 1.55, float(level), c.uniform(0.35, 0.9), 0)
    scene.ids[:] = np.where(scene.ids > last, 0, known)
    del scene.sizes[last:]
    scene.defects.add("dust")


def _finished(c: Canvas, scene: Scene, radius: float, dirty: float = 0.4) -> Scene:
    if c.chance(dirty):
        dirt(c, scene, radius)
        scene.plain = False
    if c.chance(0.25):
        scene.albedo *= 1 - 0.25 * np.clip(c.fractal(max(8, radius * c.uniform(0.3, 1.5)), 0.6) - 0.6, 0, 1)
    return scene


def parallel(c: Canvas) -> Scene:
    """Thick fibres side by side, more or less aligned."""
    scene = _ground(c)
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
    return _finished(c, scene, radius)


def mat(c: Canvas) -> Scene:
    """An electrospun mat: fibres in all directions, several layers, perhaps beaded."""
    scene = _ground(c)
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
    return _finished(c, scene, radius, 0.15)


def woven(c: Canvas) -> Scene:
    """A textile: yarns over and under each other, each of a few filaments."""
    scene = _ground(c)
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
            over = np.cos(np.pi * ((along / pitch - other) / twill + k + upright))
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
    return _finished(c, scene, r, 0.3)


def single(c: Canvas) -> Scene:
    """One to three fibres on a plain ground."""
    scene = _ground(c, deep=c.chance(0.5))
    radius = c.span(0.03, 0.4)
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
    return _finished(c, scene, radius, 0.6)


def hair(c: Canvas) -> Scene:
    """Hair or wool, with the overlapping scales of the cuticle."""
    scene = _ground(c)
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
    return _finished(c, scene, radius, 0.3)


def bundle_ends(c: Canvas) -> Scene:
    """Cut fibres seen end-on, as in a composite or a brush."""
    scene = _ground(c)
    radius, glow = c.span(0.03, 0.15), c.uniform(0.45, 0.8)
    uneven = radius * c.uniform(0.3, 5)
    points = c.points(int(c.uniform(0.8, 1.6) * c.height * c.width / (3.2 * radius**2)), radius)
    for y, x in points:
        r = radius * c.uniform(0.85, 1.15)
        put(scene, ellipsoid(r, r, radius * 0.1, 0, 0.2), x, y, r + 1, uneven * c.uniform(0, 1), glow, 2 * r)
    scene.height += radius * 0.02 * c.fractal(max(3, radius * 0.5), 0.7)
    scene.shape, scene.counted, scene.wall = "cylindrical, seen end-on", False, c.uniform(0.5, 0.9)
    return scene


RECIPES = (
    Recipe(parallel, 3),
    Recipe(mat, 2.5),
    Recipe(woven, 1.3),
    Recipe(single, 2),
    Recipe(hair, 1),
    Recipe(bundle_ends, 0.8, (15, 65), 0.8, 0.5),
)
