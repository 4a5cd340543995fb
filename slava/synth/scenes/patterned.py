"""Patterned surface: lithographic motifs repeated over the frame."""

import dataclasses

import numpy as np

from slava.synth.fields import Array, IntArray, step
from slava.synth.scene import Canvas, Recipe, Scene


@dataclasses.dataclass(frozen=True)
class Lattice:
    """A lattice over the frame: each pixel's cell and its place in it, in units of the pitch."""

    i: IntArray
    j: IntArray
    u: Array
    v: Array
    pitch: float
    angle: float

    def hashed(self, c: Canvas) -> Array:
        """A random number in [0, 1) for each cell, [H, W]."""
        table = c.rng.random((257, 263), dtype=np.float32)
        return table[self.i % 257, self.j % 263]

    def numbers(self) -> IntArray:
        """A number, 1 and up, for each cell, [H, W]."""
        width = int(self.j.max() - self.j.min()) + 1
        return np.asarray((self.i - self.i.min()) * width + (self.j - self.j.min()) + 1, np.int32)


def lattice(c: Canvas, pitch: float, kind: str, angle: float, warp: float = 0.0) -> Lattice:
    """A "square", "hexagonal" or "rectangular" lattice."""
    x, y = c.turned(angle)
    if warp > 0:
        x, y = x + warp * c.noise(c.unit * 0.5), y + warp * c.noise(c.unit * 0.5)
    high = {"square": 1.0, "hexagonal": 3**0.5 / 2, "rectangular": c.uniform(1.3, 2.2)}[kind]
    row = np.round(y / (pitch * high))
    shift = 0.5 * (row % 2) if kind == "hexagonal" else 0.0
    column = np.round(x / pitch - shift)
    u, v = x / pitch - shift - column, y / pitch - row * high
    return Lattice(row.astype(np.int32), column.astype(np.int32), u, v, pitch, angle)


def motif(kind: str, u: Array, v: Array, size: float) -> Array:
    """Signed distance to the motif's outline, positive inside, in units of the pitch."""
    au, av = np.abs(u), np.abs(v)
    if kind == "squares":
        return np.asarray(size - np.maximum(au, av))
    if kind == "diamonds":
        return np.asarray((size * 1.2 - au - av) * 0.7)
    if kind == "crosses":
        return np.asarray(
            np.maximum(np.minimum(size - au, size * 0.35 - av), np.minimum(size - av, size * 0.35 - au))
        )
    if kind == "rings":
        return np.asarray(size * 0.3 - np.abs(np.hypot(u, v) - size * 0.75))
    if kind == "hexagons":
        return np.asarray(size - np.maximum(au * 0.866 + av * 0.5, av))
    if kind == "triangles":
        return np.asarray(size * 0.6 - np.maximum(au * 0.866 + v * 0.5, -v))
    if kind == "ellipses":
        return np.asarray((1 - np.hypot(u / size, v / (size * 0.55))) * size * 0.6)
    if kind == "bars":
        return np.asarray(np.minimum(size - au, size * 0.3 - av))
    if kind == "split rings":
        ring = size * 0.22 - np.abs(np.maximum(au, av) - size * 0.78)
        return np.asarray(np.minimum(ring, np.maximum(au - size * 0.25, v + 0.0 * u)))
    if kind == "corners":
        return np.asarray(np.minimum(size - np.maximum(au, av), size * 0.5 - np.minimum(u, v) - size * 0.6))
    return np.asarray(size - np.hypot(u, v))


MOTIFS = (
    "circles", "circles", "circles", "squares", "squares", "diamonds", "crosses", "rings", "hexagons",
    "triangles", "ellipses", "bars", "split rings", "corners",
)  # fmt: skip


def _array(c: Canvas, raised: bool) -> Scene:
    scene = _wafer(c)
    pitch = c.between(0.03, 0.4) * c.unit
    angle = c.uniform(-0.08, 0.08) if c.chance(0.5) else c.uniform(0, np.pi)
    grid = lattice(c, pitch, c.pick("square", "square", "hexagonal", "hexagonal", "rectangular"), angle,
                   c.uniform(0, 0.05) * pitch if c.chance(0.2) else 0.0)  # fmt: skip
    kind, rough = c.pick(*MOTIFS), c.uniform(0.002, 0.02) if c.chance(0.4) else 0.0
    inside = motif(kind, grid.u, grid.v, c.uniform(0.18, 0.44)) * pitch
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
    opening = motif("hexagons" if hexagonal else "squares", grid.v if hexagonal else grid.u, grid.u if hexagonal else grid.v,
                    c.uniform(0.3, 0.46)) * pitch  # fmt: skip
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
