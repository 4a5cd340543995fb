"""Bodies that lie on a surface: spheres, rods, crystals, lumps. Heights and lengths in pixels."""

from collections.abc import Callable

import numpy as np
from scipy.ndimage import map_coordinates

from slava.synth.fields import Array, noise
from slava.synth.scene import Canvas, Scene

Body = Callable[[Array, Array], Array]
"""Upper surface above the body's centre at (dx, dy); -inf outside."""

OUTSIDE = np.float32(-1e9)


def put(
    scene: Scene, body: Body, x: float, y: float, reach: float, lift: float, albedo: float, size: float
) -> bool:
    """Stamps a body with its centre `lift` above zero; False where it misses the frame."""
    rows, columns = scene.height.shape
    top, bottom = max(0, int(y - reach)), min(rows, int(y + reach) + 2)
    left, right = max(0, int(x - reach)), min(columns, int(x + reach) + 2)
    if top >= bottom or left >= right:
        return False
    dy = np.arange(top, bottom, dtype=np.float32)[:, None] - np.float32(y)
    dx = np.arange(left, right, dtype=np.float32)[None, :] - np.float32(x)
    z = body(dx, dy) + np.float32(lift)
    scene.add((slice(top, bottom), slice(left, right)), z, albedo, size)
    return True


def put_many(
    scene: Scene, yx: Array, radii: Array, lifts: Array, albedo: Array, sizes: Array, tall: float = 1.0
) -> None:
    """Stamps many small ellipsoids at once; `tall` is their height relative to their radius."""
    reach = int(np.ceil(radii.max())) + 1
    offset = np.arange(-reach, reach + 1)
    row = np.round(yx[:, 0]).astype(np.int32)[:, None, None] + offset[None, :, None]
    column = np.round(yx[:, 1]).astype(np.int32)[:, None, None] + offset[None, None, :]
    dy, dx = row - yx[:, 0, None, None], column - yx[:, 1, None, None]
    q = 1 - (dx * dx + dy * dy) / (radii**2)[:, None, None]
    rows, columns = scene.height.shape
    inside = (q > 0) & (row >= 0) & (row < rows) & (column >= 0) & (column < columns)
    which, i, j = np.nonzero(inside)
    y, x = row[which, i, 0], column[which, 0, j]
    z = (lifts[which] + tall * radii[which] * np.sqrt(q[inside])).astype(np.float32)
    shows = np.nonzero(z > scene.height[y, x])[0]
    order = shows[np.argsort(z[shows], kind="stable")]
    at = (y[order], x[order])
    scene.height[at] = z[order]
    scene.albedo[at] = albedo[which[order]]
    scene.ids[at] = len(scene.sizes) + 1 + which[order]
    scene.sizes.extend(float(size) for size in sizes)


def ellipsoid(a: float, b: float, c: float, angle: float = 0.0, power: float = 0.5) -> Body:
    """Half-axes a, b in the plane and c upwards; a power below 0.5 flattens the top."""
    cos, sin = np.float32(np.cos(angle) / a), np.float32(np.sin(angle) / a)
    ratio = np.float32(a / b)

    def surface(dx: Array, dy: Array) -> Array:
        q = 1 - (dx * cos - dy * sin) ** 2 - ((dx * sin + dy * cos) * ratio) ** 2
        return np.where(q > 0, np.float32(c) * np.maximum(q, 1e-9) ** np.float32(power), OUTSIDE)

    return surface


def sphere(radius: float) -> Body:
    """A ball."""
    return ellipsoid(radius, radius, radius)


def rod(length: float, radius: float, angle: float, bend: float = 0.0) -> Body:
    """A capsule, bent by a curvature in 1/pixels."""
    cos, sin, half = np.float32(np.cos(angle)), np.float32(np.sin(angle)), np.float32(length / 2 - radius)

    def surface(dx: Array, dy: Array) -> Array:
        u, v = dx * cos - dy * sin, dx * sin + dy * cos
        v = v + np.float32(bend) * u * u
        d2 = (np.maximum(np.abs(u) - half, 0)) ** 2 + v**2
        q = np.float32(radius**2) - d2
        return np.where(q > 0, np.sqrt(np.maximum(q, 0)), OUTSIDE)

    return surface


def lump(rng: np.random.Generator, radius: float, rough: float = 0.2, flat: float = 0.8) -> Body:
    """An irregular grain: a wavy outline, and a top with waves on it."""
    waves = np.arange(2, 8)
    size = 0.8 * rough * rng.standard_normal(6) / waves**0.9
    phase = rng.uniform(0, 6.3, 6)
    bumps = rng.uniform(2, 9, (5, 2)) / radius * rng.choice([-1, 1], (5, 2))
    shift = rng.uniform(0, 6.3, 5)
    angles = np.linspace(-np.pi, np.pi, 129)
    table = (1 + size @ np.cos(waves[:, None] * angles + phase[:, None])).clip(0.35, 1.9).astype(np.float32)

    def surface(dx: Array, dy: Array) -> Array:
        turn = (np.arctan2(dy, dx) * np.float32(128 / 2 / np.pi) + 64).astype(np.int32)
        q = 1 - (dx * dx + dy * dy) / (radius * table[turn]) ** 2
        top = np.sqrt(np.maximum(q, 0)) * np.float32(radius * flat)
        for (kx, ky), s in zip(bumps, shift, strict=True):
            top += np.float32(rough * radius * 0.1) * np.sin(
                dx * np.float32(kx) + dy * np.float32(ky) + np.float32(s)
            )
        return np.where(q > 0, top, OUTSIDE)

    return surface


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


def sizes(canvas: Canvas, count: int, mean: float, spread: float) -> Array:
    """Log-normal lengths with this mean and relative spread."""
    drawn = canvas.rng.lognormal(-(spread**2) / 2, spread, count) * mean
    return np.clip(drawn, mean / 4, mean * 4).astype(np.float32)


class Grains:
    """A dozen grains of a kind, drawn once in detail; copies at any size and turn are cheap."""

    SIDE = 112

    def __init__(self, rng: np.random.Generator, kind: str, kinds: int = 10) -> None:
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
            u, v = dx * cos - dy * sin + middle, dx * sin + dy * cos + middle
            if scale < 1.2:
                return np.asarray(radius * map_coordinates(top, (v, u), order=1, cval=OUTSIDE), np.float32)
            column, row = u.astype(np.int32), v.astype(np.int32)
            np.clip(column, 0, self.SIDE - 1, out=column)
            np.clip(row, 0, self.SIDE - 1, out=row)
            return np.asarray(top[row, column] * np.float32(radius))

        return surface
