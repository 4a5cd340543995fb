"""Bodies that lie on a surface: spheres, rods, crystals, lumps. Heights and lengths in pixels."""

from collections.abc import Callable

import numpy as np

from slava.synth.fields import Array
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


def sizes(canvas: Canvas, count: int, mean: float, spread: float) -> Array:
    """Log-normal lengths with this mean and relative spread."""
    drawn = canvas.rng.lognormal(-(spread**2) / 2, spread, count) * mean
    return np.clip(drawn, mean / 4, mean * 4).astype(np.float32)
