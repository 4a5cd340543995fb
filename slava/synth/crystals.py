"""Faceted and irregular grains: convex polyhedra, and banks of detailed grains to copy."""

import numpy as np
from PIL import Image

from slava.synth.fields import Array, noise
from slava.synth.solids import OUTSIDE, Body, ellipsoid


def _normals(kind: str, rng: np.random.Generator) -> tuple[Array, Array]:
    """Face normals [n, 3] and distances [n] from the centre, of a body of about unit radius."""
    ring = np.arange(6) * np.pi / 3
    axes = np.vstack([np.eye(3), -np.eye(3)])
    corners = np.array([[i, j, k] for i in (-1, 1) for j in (-1, 1) for k in (-1, 1)]) / 3**0.5
    hexagon = np.stack([np.cos(ring), np.sin(ring), np.zeros(6)], 1)
    caps = np.array([[0, 0, 1.0], [0, 0, -1]])
    if kind == "cubes":
        faces, far = axes, np.full(6, 0.62)
    elif kind == "bricks":
        faces, far = axes, np.tile(rng.uniform(0.3, 0.9, 3), 2)
    elif kind == "octahedra":
        faces, far = corners, np.full(8, 0.6)
    elif kind == "truncated octahedra":
        faces, far = np.vstack([corners, axes]), np.r_[np.full(8, 0.72), np.full(6, 0.8)]
    elif kind == "tetrahedra":
        faces, far = corners[[0, 3, 5, 6]], np.full(4, 0.4)
    elif kind == "hexagonal plates":
        faces, far = np.vstack([hexagon, caps]), np.r_[np.full(6, 0.85), np.full(2, rng.uniform(0.08, 0.3))]
    elif kind == "hexagonal prisms":
        faces, far = np.vstack([hexagon, caps]), np.r_[np.full(6, 0.4), np.full(2, rng.uniform(0.7, 1.0))]
    elif kind == "triangular plates":
        faces = np.vstack([hexagon[::2], hexagon[1::2], caps])
        far = np.r_[np.full(3, 0.5), np.full(3, 0.85), np.full(2, 0.12)]
    elif kind == "flakes":
        edge = rng.uniform(0, 2 * np.pi, 7)
        faces = np.vstack([np.stack([np.cos(edge), np.sin(edge), rng.normal(0, 0.2, 7)], 1), caps])
        far = np.r_[rng.uniform(0.5, 1.0, 7), np.full(2, rng.uniform(0.04, 0.15))]
    else:
        faces = rng.standard_normal((14, 3))
        far = rng.uniform(0.5, 0.95, 14)
    unit = faces / np.linalg.norm(faces, axis=1, keepdims=True)
    return unit.astype(np.float32), far.astype(np.float32)


def rotation(rng: np.random.Generator, wobble: float) -> Array:
    """A rotation about the vertical, then by up to `wobble` radians about a random level axis."""
    turn, tip, toward = rng.uniform(0, 2 * np.pi), rng.normal(0, wobble), rng.uniform(0, 2 * np.pi)

    def about_z(a: float) -> Array:
        return np.array([[np.cos(a), -np.sin(a), 0], [np.sin(a), np.cos(a), 0], [0, 0, 1]], np.float32)

    c, s = np.cos(tip), np.sin(tip)
    about_x = np.array([[1, 0, 0], [0, c, -s], [0, s, c]], np.float32)
    return np.asarray(about_z(toward) @ about_x @ about_z(turn), np.float32)


def crystal(rng: np.random.Generator, kind: str, radius: float, wobble: float = 0.0) -> Body:
    """A convex polyhedron ("cubes", "flakes", ...; "polyhedra" for a random one), flat or tipped over."""
    faces, far = _normals(kind, rng)
    faces = faces @ rotation(rng, wobble).T
    nz = np.where(np.abs(faces[:, 2]) < 0.02, np.float32(0.02), faces[:, 2])
    far = far * np.float32(radius)

    def surface(dx: Array, dy: Array) -> Array:
        top = np.full(np.broadcast_shapes(dx.shape, dy.shape), 1e6, np.float32)
        low = -top
        for (nx, ny, _), up, d in zip(faces, nz, far, strict=True):
            plane = (d / up - dx * (nx / up)) - dy * (ny / up)
            if up > 0:
                np.minimum(top, plane, out=top)
            else:
                np.maximum(low, plane, out=low)
        return np.where(top > low, top, OUTSIDE)

    return surface


class Grains:
    """A dozen grains of a kind, drawn once in detail; copies at any size and turn are cheap."""

    SIDE = 88

    def __init__(self, rng: np.random.Generator, kind: str, kinds: int = 8) -> None:
        self._rng = rng
        axis = np.linspace(-1.6, 1.6, self.SIDE, dtype=np.float32)
        self._tops = [self._top(kind, axis[None, :], axis[:, None]) for _ in range(kinds)]

    def _top(self, kind: str, dx: Array, dy: Array) -> Array:
        rng = self._rng
        if kind != "lumps":
            return crystal(rng, kind, 1.2, 1.2)(dx, dy)
        bulge = rng.uniform(0.06, 0.2) * noise(rng, self.SIDE, self.SIDE, self.SIDE / rng.uniform(4, 10))
        top = np.full((self.SIDE, self.SIDE), OUTSIDE, np.float32)
        for _ in range(int(rng.integers(1, 5))):
            x, y = rng.normal(0, 0.3, 2)
            a, b, h = rng.uniform(0.5, 1.0, 3)
            part = ellipsoid(a, b, h, rng.uniform(0, 3.2), rng.uniform(0.35, 0.5))(
                dx - x + bulge, dy - y + bulge.T
            )
            np.maximum(top, part, out=top)
        facets = crystal(rng, "polyhedra", 1.5, 1.0)(dx, dy) if rng.random() < 0.4 else top
        return np.asarray(np.minimum(top, facets) + 0.35 * bulge, np.float32)

    def body(self, radius: float) -> Body:
        """One of the grains, at random, about this radius."""
        top = self._tops[int(self._rng.integers(len(self._tops)))]
        turn, scale = self._rng.uniform(0, 2 * np.pi), (self.SIDE - 1) / 3.2 / radius
        cos, sin = np.float32(np.cos(turn) * scale), np.float32(np.sin(turn) * scale)
        middle = np.float32(self.SIDE / 2)

        def surface(dx: Array, dy: Array) -> Array:
            if scale < 0.9:
                return self._enlarged(top, dx, dy, float(cos), float(sin)) * np.float32(radius)
            column = (dx * cos - dy * sin + middle).astype(np.int32)
            row = (dx * sin + dy * cos + middle).astype(np.int32)
            np.clip(column, 0, self.SIDE - 1, out=column)
            np.clip(row, 0, self.SIDE - 1, out=row)
            return np.asarray(top[row, column] * np.float32(radius))

        return surface

    def _enlarged(self, top: Array, dx: Array, dy: Array, cos: float, sin: float) -> Array:
        """The grain between its samples, with a smooth outline."""
        inside = top > OUTSIDE / 2
        left = float(dx[0, 0]) * cos - float(dy[0, 0]) * sin + (self.SIDE + 1 - cos + sin) / 2
        upper = float(dx[0, 0]) * sin + float(dy[0, 0]) * cos + (self.SIDE + 1 - cos - sin) / 2
        matrix, size = (cos, -sin, left, sin, cos, upper), (dx.shape[1], dy.shape[0])
        solid, within = (
            np.asarray(
                Image.fromarray(field).transform(
                    size, Image.Transform.AFFINE, matrix, Image.Resampling.BILINEAR
                )
            )
            for field in (np.where(inside, top, 0).astype(np.float32), inside.astype(np.float32))
        )
        return np.where(within > 0.5, solid, OUTSIDE).astype(np.float32)
