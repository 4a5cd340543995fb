"""A tilted look at a relief: parallel projection with occlusion."""

import dataclasses

import numpy as np

from slava.synth.fields import Array
from slava.synth.scene import Scene


def source_rows(height: int, tilt_deg: float, headroom: float) -> int:
    """Rows of relief that fill `height` rows of picture at this tilt, tall objects in front included."""
    tilt = np.radians(tilt_deg)
    return int((height * (1 + headroom * np.sin(tilt))) / np.cos(tilt)) + 4


def tilted(scene: Scene, height: int, tilt_deg: float) -> Scene:
    """The scene as seen from below the picture's lower edge, `height` rows tall.

    A point at row y and height h appears at row p = y cos(t) - h sin(t). In each column, the surface
    in sight at row r is the last one with p <= r, found by counting over the running minimum of p from
    the front. Walls come out with their true extent.
    """
    rows, columns = scene.height.shape
    sin, cos = np.sin(np.radians(tilt_deg)), np.cos(np.radians(tilt_deg))
    y = np.arange(rows, dtype=np.float32)[:, None]
    p = y * np.float32(cos) - scene.height * np.float32(sin)
    last = _last_before(p, height)
    column = np.arange(columns)[None, :]
    after = np.minimum(last + 1, rows - 1)
    gap = p[after, column] - p[last, column]
    r = np.arange(height, dtype=np.float32)[:, None]
    share = np.clip((r - p[last, column]) / np.maximum(gap, 1e-3), 0, 1)
    wall = np.clip(gap / np.float32(cos) - 1.5, 0, 1)
    h0, h1 = scene.height[last, column], scene.height[after, column]
    albedo = scene.albedo[last, column] * (1 + wall * np.float32(scene.wall - 1))
    return dataclasses.replace(
        scene,
        height=((h0 + (h1 - h0) * share) / np.float32(cos)).astype(np.float32),
        albedo=albedo.astype(np.float32),
        ids=scene.ids[last, column],
        orientation=_foreshortened(scene.orientation, float(cos)),
    )


def _last_before(p: Array, height: int) -> np.ndarray[tuple[int, ...], np.dtype[np.int64]]:
    rows, columns = p.shape
    front = np.minimum.accumulate(p[::-1], axis=0)[::-1]
    start = np.clip(np.ceil(front), 0, height).astype(np.int64)
    flat = start * columns + np.arange(columns)[None, :]
    counts = np.bincount(flat.ravel(), minlength=(height + 1) * columns)[: height * columns]
    return np.asarray(np.clip(counts.reshape(height, columns).cumsum(axis=0) - 1, 0, rows - 1))


def _foreshortened(orientation: float | None, cos: float) -> float | None:
    if orientation is None:
        return None
    return float(np.arctan2(np.sin(orientation) * cos, np.cos(orientation)))
