"""Patterned surface: lithographic motifs repeated over the frame."""

import numpy as np

from slava.synth.fields import Array, step
from slava.synth.scene import Canvas, Recipe, Scene
from slava.synth.scenes.lattices import MOTIFS, Lattice, lattice, motif


def _array(c: Canvas, raised: bool) -> Scene:
    scene = _wafer(c)
    pitch = c.between(0.03, 0.28) * c.unit
    angle = c.uniform(-0.08, 0.08) if c.chance(0.5) else c.uniform(0, np.pi)
    grid = lattice(
        c,
        pitch,
        c.pick("square", "square", "hexagonal", "hexagonal", "rectangular"),
        angle,
        c.uniform(0, 0.05) * pitch if c.chance(0.2) else 0.0,
    )
    kind, rough = c.pick(*MOTIFS), c.uniform(0.002, 0.012) if c.chance(0.4) else 0.0
    inside = motif(kind, grid.u, grid.v, c.uniform(0.18, 0.44)) * pitch
    if c.chance(0.2):  # another element in every second cell
        other = motif(c.pick(*MOTIFS), grid.u, grid.v, c.uniform(0.12, 0.4)) * pitch
        inside = np.where((grid.i + grid.j) % 2 == 0, other, inside)
    if c.chance(0.15):  # a hole in the middle
        inside = np.minimum(
            inside, -motif(c.pick("circles", "squares"), grid.u, grid.v, c.uniform(0.06, 0.15)) * pitch
        )
    inside += rough * pitch * c.noise(max(2, pitch * 0.08)) + c.uniform(0, 0.05) * pitch * (
        grid.hashed(c) - 0.5
    )
    inside = np.where(_kept(c, scene, grid), inside, -pitch)
    shape = step(inside, c.uniform(1.2, 2.5) if c.chance(0.75) else pitch * c.uniform(0.1, 0.5))
    tall = pitch * c.between(0.05, 1.6)
    scene.height += (tall if raised else -tall) * shape
    scene.albedo += (c.uniform(0.0, 0.6) if raised else c.uniform(-0.2, 0.3)) * shape
    scene.ids = np.where(inside > 0, grid.numbers(), 0).astype(np.int32)
    scene.sizes = [pitch]
    scene.objects, scene.shape, scene.orientation = ("pillars" if raised else "holes"), kind, angle
    return scene


def _wafer(c: Canvas) -> Scene:
    scene = Scene.bare(c, c.between(0.12, 0.5), c.between(0.05, 0.4) if c.chance(0.4) else 0.0)
    scene.size_kind, scene.nm, scene.wall = "pitch", (80, 20000), c.uniform(0.6, 1.3)
    return scene


def _kept(c: Canvas, scene: Scene, grid: Lattice) -> Array:
    """Which cells hold an element: some are missing, and the array may end within the frame."""
    kept = np.ones(grid.i.shape, bool)
    if c.chance(0.25):
        lost = grid.hashed(c) < c.between(0.005, 0.12)
        kept &= ~lost
        if lost.any():
            scene.defects.add("missing element")
    if c.chance(0.25):
        far_i, far_j = c.rng.integers(-3, 8, 2)
        kept &= (grid.i < far_i) if c.chance(0.5) else (grid.j < far_j)
        if c.chance(0.4):
            kept &= grid.i > far_i - 6
        if kept.mean() < 0.5:  # a corner of an array could be anything
            kept[:] = True
    return kept


def pillars(c: Canvas) -> Scene:
    """Raised dots, posts, islands."""
    return _array(c, True)


def holes(c: Canvas) -> Scene:
    """Etched holes or a perforated film."""
    return _array(c, False)


def grating(c: Canvas) -> Scene:
    """Parallel lines, straight or wavy, smooth or rough."""
    scene = _wafer(c)
    pitch, angle = c.between(0.025, 0.35) * c.unit, c.uniform(0, np.pi)
    _, v = c.turned(angle)
    v = v + c.between(0.005, 0.08) * pitch * c.noise(max(3, pitch * 0.4), 3)
    if c.chance(0.15):
        u, _ = c.turned(angle)
        v = v + pitch * c.uniform(0.2, 1) * np.sin(u / pitch / c.uniform(0.6, 2))
    duty = c.uniform(0.25, 0.75)
    inside = (duty / 2 - np.abs((v / pitch + 0.5) % 1 - 0.5)) * pitch
    shape = step(inside, c.uniform(1.2, 2.5) if c.chance(0.7) else pitch * 0.4)
    scene.height += pitch * c.between(0.05, 1.2) * shape
    scene.albedo += c.uniform(-0.1, 0.5) * shape
    line = np.floor(v / pitch + 0.5).astype(np.int32)
    scene.ids = np.where(inside > 0, line - line.min() + 1, 0).astype(np.int32)
    scene.sizes = [pitch]
    scene.objects, scene.shape, scene.orientation = "lines", "parallel lines", angle
    if c.chance(0.2):
        u, _ = c.turned(angle)
        end = c.uniform(-0.2, 0.4) * c.unit
        scene.height[u > end], scene.ids[u > end], scene.albedo[u > end] = 0, 0, scene.albedo.min()
    return scene


def mesh(c: Canvas) -> Scene:
    """Two crossing sets of walls; the openings are counted."""
    scene = _wafer(c)
    pitch, angle = c.between(0.05, 0.45) * c.unit, c.uniform(0, np.pi)
    grid = lattice(c, pitch, c.pick("square", "hexagonal", "rectangular"), angle)
    hexagonal = c.chance(0.4)
    opening = (
        motif(
            "hexagons" if hexagonal else "squares",
            grid.v if hexagonal else grid.u,
            grid.u if hexagonal else grid.v,
            c.uniform(0.3, 0.46),
        )
        * pitch
    )
    shape = step(-opening, c.uniform(1.2, 3))
    scene.height += pitch * c.between(0.1, 1.2) * shape
    scene.albedo += c.uniform(0, 0.4) * shape
    scene.ids = np.where(opening > 0, grid.numbers(), 0).astype(np.int32)
    scene.sizes = [pitch]
    scene.objects, scene.shape, scene.orientation = "openings", "grid", angle
    return scene


def bumps(c: Canvas) -> Scene:
    """Smooth domes, cones, pits or inverted pyramids side by side (moth eye, microlenses, etch pits)."""
    scene = _wafer(c)
    pitch, angle = c.between(0.03, 0.3) * c.unit, c.uniform(0, np.pi)
    grid = lattice(c, pitch, c.pick("square", "hexagonal"), angle)
    d = np.hypot(grid.u, grid.v) if c.chance(0.6) else np.maximum(np.abs(grid.u), np.abs(grid.v))
    size = c.uniform(0.3, 0.5)
    shape = np.clip(1 - (d / size) ** c.uniform(0.9, 3), 0, 1) ** c.uniform(0.5, 1)
    shape = shape * _kept(c, scene, grid)
    scene.height += pitch * c.uniform(0.25, 1.2) * shape * (1 if c.chance(0.7) else -1)
    scene.ids = np.where(shape > 0, grid.numbers(), 0).astype(np.int32)
    scene.sizes = [pitch]
    scene.objects, scene.shape, scene.orientation = "bumps", "domes", angle
    return scene


def zone_plate(c: Canvas) -> Scene:
    """Concentric rings, evenly spaced or as a Fresnel lens."""
    scene = _wafer(c)
    u, v = c.turned(0, c.width * c.uniform(-0.1, 1.1), c.height * c.uniform(-0.1, 1.1))
    r = np.hypot(u, v)
    pitch, reach = c.span(0.03, 0.15), c.unit * c.uniform(0.5, 1.6)
    phase = r / pitch if c.chance(0.5) else r * r / (pitch * reach * 1.4)
    inside = (0.25 - np.abs(phase % 1 - 0.5)) * 4
    shape = step(inside, 0.5) * (r < reach)
    scene.height += pitch * c.uniform(0.1, 0.8) * shape
    scene.albedo += c.uniform(-0.1, 0.5) * shape
    scene.ids = np.where((inside > 0) & (r < reach), np.floor(phase) + 1, 0).astype(np.int32)
    scene.sizes = [pitch]
    scene.objects, scene.shape = "rings", "concentric rings"
    return scene


def blocks(c: Canvas) -> Scene:
    """Arrays within an array: fields of dots or lines, stepped over the wafer."""
    scene = _wafer(c)
    pitch, angle = c.between(0.25, 0.7) * c.unit, c.uniform(-0.1, 0.1)
    outer = lattice(c, pitch, c.pick("square", "rectangular"), angle)
    per = int(c.rng.integers(3, 9))
    fine = pitch / per
    inner = lattice(c, fine, c.pick("square", "hexagonal"), angle)
    dose = 0.2 + 0.2 * outer.hashed(c)
    shape = step((dose - np.hypot(inner.u, inner.v)) * fine, 1.5)
    if c.chance(0.3):
        shape = step((0.25 - np.abs(inner.u)) * fine, 1.5)
    area = step((0.38 - np.maximum(np.abs(outer.u), np.abs(outer.v))) * pitch, 1.5)
    scene.height += fine * c.uniform(0.2, 1) * shape * area + (c.uniform(0, 3) * area if c.chance(0.4) else 0)
    scene.albedo += c.uniform(0, 0.5) * shape * area + (c.uniform(0, 0.15) * area if c.chance(0.4) else 0)
    scene.ids = np.where(area > 0.5, outer.numbers(), 0).astype(np.int32)
    scene.sizes = [pitch]
    scene.objects, scene.shape, scene.orientation, scene.nm = (
        "fields",
        "arrays of arrays",
        angle,
        (1000, 80000),
    )
    return scene


RECIPES = (
    Recipe(pillars, 3, (15, 65), 0.5, 0.25),
    Recipe(holes, 3, (15, 55), 0.3, 0.02),
    Recipe(grating, 2.2, (15, 65), 0.35, 0.2),
    Recipe(mesh, 1.2, (15, 60), 0.3, 0.2),
    Recipe(bumps, 1.5, (15, 65), 0.4, 0.15),
    Recipe(zone_plate, 0.6, (20, 50), 0.2, 0.1),
    Recipe(blocks, 0.8, (20, 55), 0.2, 0.1),
)
