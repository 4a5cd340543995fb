"""Lattices and the motifs that sit on them."""

import dataclasses

import numpy as np

from slava.synth.fields import Array, IntArray
from slava.synth.scene import Canvas


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
