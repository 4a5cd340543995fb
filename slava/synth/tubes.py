"""Long round bodies: thick fibres as bands over rows or columns, thin wires as swept points."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from slava.synth.fields import Array
from slava.synth.scene import Scene

IndexArray = NDArray[np.signedinteger[Any]]


def fibre(
    scene: Scene, centre: Array, radius: Array | float, level: Array | float, albedo: float,
    upright: bool, size: float, flat: float = 1.0, texture: Array | None = None,
    ends: tuple[int, int] | None = None,
) -> None:  # fmt: skip
    """A fibre that crosses the frame, its centre line a function of the row (upright) or of the column.

    centre: [L] pixels, L the rows (upright) or columns; radius, level (of the axis): [L] or a number;
    flat: height of the cross-section relative to its width; texture [H, W] adds to the relief;
    ends: first and last place along the fibre where it exists.
    """
    shape = scene.height.shape if upright else scene.height.shape[::-1]
    length, breadth = shape
    along = np.arange(length) if ends is None else np.arange(max(ends[0], 0), min(ends[1], length))
    if len(along) == 0:
        return
    slope = np.hypot(1, np.gradient(centre)).astype(np.float32)[along]
    r = np.broadcast_to(np.asarray(radius, np.float32), (length,))[along]
    reach = int(np.ceil((r * slope).max())) + 1
    middle = np.round(centre[along]).astype(np.int32)
    across = middle[:, None] + np.arange(-reach, reach + 1)[None, :]
    u = (across - centre[along][:, None].astype(np.float32)) / (r * slope)[:, None]
    inside = (np.abs(u) < 1) & (across >= 0) & (across < breadth)
    i, j = np.nonzero(inside)
    a, b, u = along[i], across[i, j], u[i, j]
    z = np.sqrt(1 - u * u) * r[i] * np.float32(flat)
    z += np.broadcast_to(np.asarray(level, np.float32), (length,))[along][i]
    _paint(scene, (a, b) if upright else (b, a), z, albedo, size, texture)


def _paint(
    scene: Scene,
    where: tuple[IndexArray, IndexArray],
    z: Array,
    albedo: float,
    size: float,
    texture: Array | None,
) -> None:
    if texture is not None:
        z = z + texture[where]
    shows = z > scene.height[where]
    at = (where[0][shows], where[1][shows])
    scene.sizes.append(size)
    scene.height[at] = z[shows]
    scene.albedo[at] = albedo
    scene.ids[at] = len(scene.sizes)


def wires(
    scene: Scene, xy: Array, radius: Array, level: Array, albedo: Array, sizes: Array, flat: float = 1.0
) -> None:
    """Many thin wires at once, painted in order, the last on top.

    xy: [N, L, 2] points less than a pixel or so apart; radius, level: [N, L]; albedo, sizes: [N].
    """
    count = len(xy)
    tangent = np.gradient(xy, axis=1)
    norm = np.hypot(tangent[..., 0], tangent[..., 1]) + 1e-6
    u = np.linspace(-1, 1, 2 * int(np.ceil(radius.max() * 1.3)) + 1, dtype=np.float32)[None, None, :]
    reach = radius[..., None] * u
    nx, ny = -(tangent[..., 1:] / norm[..., None]), tangent[..., :1] / norm[..., None]
    x = np.round(xy[..., :1] + reach * nx).astype(np.int32)
    y = np.round(xy[..., 1:] + reach * ny).astype(np.int32)
    exact = ((x - xy[..., :1]) * nx + (y - xy[..., 1:]) * ny) / np.maximum(radius[..., None], 0.4)
    z = level[..., None] + radius[..., None] * np.float32(flat) * np.sqrt(np.maximum(1 - exact * exact, 0))
    z = z.astype(np.float32)
    first = len(scene.sizes) + 1
    number = np.broadcast_to(np.arange(first, first + count, dtype=np.int32)[:, None, None], z.shape)
    shade = np.broadcast_to(albedo[:, None, None], z.shape)
    rows, columns = scene.height.shape
    inside = (x >= 0) & (x < columns) & (y >= 0) & (y < rows) & (radius[..., None] > 0)
    x, y, z, number, shade = (field[inside] for field in (x, y, z, number, shade))
    shows = np.nonzero(z > scene.height[y, x])[0]
    if len(shows) < 60000:  # neighbouring samples of a wire share pixels: the highest is to win
        shows = shows[np.argsort(z[shows], kind="stable")]
    at = (y[shows], x[shows])
    scene.height[at] = z[shows]
    scene.albedo[at] = shade[shows]
    scene.ids[at] = number[shows]
    scene.sizes.extend(float(size) for size in sizes)


def walk(rng: np.random.Generator, start: Array, angle: Array, step: Array, count: int, curl: float) -> Array:
    """Smooth random paths [N, count, 2] (x, y) from start [N, 2]; curl: radians of wander a path."""
    nodes = max(4, int(curl * 2) + 3)
    knots = rng.standard_normal((len(start), nodes)) * curl
    place = np.linspace(0, nodes - 1.001, count)
    low = place.astype(int)
    t = place - low
    t = t * t * (3 - 2 * t)
    heading = angle[:, None] + knots[:, low] * (1 - t) + knots[:, low + 1] * t
    xy = np.stack([np.cos(heading), -np.sin(heading)], -1).cumsum(1) * step[:, None, None]
    return np.asarray(start[:, None, :] + xy, np.float32)


def threads(
    scene: Scene, rng: np.random.Generator, starts_N2: Array, length: float, radius: float, albedo: float,
    rise: float = 0.0,
) -> None:  # fmt: skip
    """Thin curved threads from (x, y) on, in all directions, that count as no object.

    They lie on the substrate, or rise from the surface by `rise` times their length.
    """
    if len(starts_N2) == 0:
        return
    known, objects, count = scene.ids.copy(), len(scene.sizes), max(6, int(length * 1.2))
    angles = rng.uniform(0, 2 * np.pi, len(starts_N2)).astype(np.float32)
    steps = (length / count * rng.uniform(0.5, 1.2, len(starts_N2))).astype(np.float32)
    path = walk(rng, starts_N2.astype(np.float32), angles, steps, count, 0.7)
    column, row = np.clip(starts_N2, 0, np.array(known.shape[::-1]) - 1).astype(np.int32).T
    foot = scene.height[row, column] if rise else np.full(len(starts_N2), 0.5, np.float32)
    level = foot[:, None] + np.linspace(0, rise * length, count, dtype=np.float32)[None, :]
    thin = np.tile(np.linspace(radius, 0.6 * radius, count, dtype=np.float32), (len(starts_N2), 1))
    none = np.zeros(len(starts_N2), np.float32)
    wires(scene, path, thin, level, np.full(len(starts_N2), albedo, np.float32), none)
    scene.ids = np.where(known > 0, known, 0).astype(np.int32)
    del scene.sizes[objects:]
