"""The instrument's info bar: the strip of settings and scale bar drawn over or below the picture."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

_LEAST, _MOST = 0.02, 0.25
"""Its height, as a part of the frame's."""
_NEAR = 10
"""Grey levels that still count as the background's."""
_PLAIN, _TEXT = 0.97, 0.30
"""The part of a row that is background: at least, between lines of text, and in them."""


@dataclass(frozen=True)
class InfoBar:
    """A rectangle in pixels of the stored frame; `bottom` and `right` are one past the last."""

    top: int
    bottom: int
    left: int
    right: int


def find_info_bar(pixels: NDArray[np.uint8]) -> InfoBar | None:
    """The info bar of uint8 [H, W] or [H, W, 3], or None.

    A bar is a run of rows on one background grey, across the full width; it begins and ends
    with plain rows, holds sparse ink of high contrast, and parts from the picture within a
    row or two along (nearly) its whole length, which no edge of a sample does. It lies at
    the bottom or the top, or floats above a remnant of picture (some Zeiss exports). In
    doubt there is none: cut picture is worse than a bar left in.
    """
    grey = _grey(pixels)
    height = len(grey)
    least, most = max(8, round(height * _LEAST)), round(height * _MOST)
    if height < 64 or grey.shape[1] < 64:
        return None
    band = min(height // 2, most + height // 6)
    for rows, flipped in ((grey[height - band :], False), (grey[:band][::-1], True)):
        if (found := _lowest_bar(rows, least, most)) is not None:
            top, bottom = (height - band + found[0], height - band + found[1])
            if flipped:
                top, bottom = height - bottom, height - top
            return InfoBar(top, bottom, 0, grey.shape[1])
    return None


def _grey(pixels: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """The channels' mean: red or green ink on white stays ink."""
    return pixels if pixels.ndim == 2 else pixels.mean(axis=2).astype(np.uint8)


def _lowest_bar(grey: NDArray[np.uint8], least: int, most: int) -> tuple[int, int] | None:
    """First and one past the last row of a bar near the lower edge of a band of rows."""
    near, best = _near_counts(grey)
    mode = best.argmax(axis=1)
    own = best.max(axis=1)
    plain_modes = mode[own >= _PLAIN]
    for background in _commonest(plain_modes):
        share = near[:, background]
        for top, bottom in _runs(share, most):
            if least <= bottom - top <= most and _is_bar(grey, share, own, top, bottom, int(background)):
                return _with_frame_lines(own, top, bottom)
    return None


def _near_counts(grey: NDArray[np.uint8]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """[rows, 256] each: the part of a row within _NEAR of a grey; the same, of its commonest grey alone."""
    rows, width = grey.shape
    index = grey.astype(np.int64) + 256 * np.arange(rows)[:, None]
    counts = np.bincount(index.ravel(), minlength=256 * rows).reshape(rows, 256)
    sums = np.pad(counts.cumsum(axis=1), ((0, 0), (1, 0)))
    low, high = np.clip(np.arange(256) - _NEAR, 0, 255), np.clip(np.arange(256) + _NEAR, 0, 255)
    near = (sums[:, high + 1] - sums[:, low]) / width
    commonest = np.zeros_like(near)
    mode = counts.argmax(axis=1)
    commonest[np.arange(rows), mode] = near[np.arange(rows), mode]
    return near, commonest


def _commonest(modes: NDArray[np.int64]) -> list[int]:
    """The three commonest backgrounds of plain rows."""
    counts = np.bincount(modes, minlength=256)
    return [int(grey) for grey in np.argsort(counts)[::-1][:3] if counts[grey] >= 3]


def _runs(share: NDArray[np.float64], most: int) -> list[tuple[int, int]]:
    """Runs of rows on the background, lowest first, trimmed to plain rows; thin lines do not part one."""
    runs: list[tuple[int, int]] = []
    inside = np.flatnonzero(share >= _TEXT)
    for run in np.split(inside, np.flatnonzero(np.diff(inside) > 4) + 1):
        plain = run[share[run] >= _PLAIN]
        if len(plain) >= 3:
            runs.append((int(plain[0]), int(plain[-1]) + 1))
    return runs[::-1]


def _is_bar(
    grey: NDArray[np.uint8],
    share: NDArray[np.float64],
    own: NDArray[np.float64],
    top: int,
    bottom: int,
    background: int,
) -> bool:
    below = len(grey) - bottom
    if below > len(grey) // 3 or not _is_sharp(share, own, top, -1):
        return False
    if below > 4 and not _is_sharp(share, own, bottom - 1, 1):
        return False
    difference = np.abs(grey[top:bottom].astype(np.int16) - background)
    plain = share[top:bottom] >= _PLAIN
    steady = difference[plain][difference[plain] <= _NEAR].std() <= 2.5
    ink = difference > 60
    starts = (ink[:, 1:] & ~ink[:, :-1]).sum(axis=1)
    text_rows = int((starts >= 8).sum())
    return bool(steady and plain.mean() >= 0.08 and 0.003 <= ink.mean() <= 0.45 and text_rows >= 4)


def _is_sharp(share: NDArray[np.float64], own: NDArray[np.float64], edge: int, step: int) -> bool:
    """Whether the rows past an edge are at once picture, or a drawn line."""
    past = [edge + step * k for k in range(1, 5)]
    if past[-1] < 0 or past[-1] >= len(share):
        return False
    has_line = any(own[row] >= _PLAIN and share[row] < 0.05 for row in past[:3])
    return has_line or max(share[past[1:]]) <= 0.6


def _with_frame_lines(own: NDArray[np.float64], top: int, bottom: int) -> tuple[int, int]:
    """With the lines drawn along the bar, and to the frame's edge if only such are left."""
    for _ in range(4):
        if top > 0 and own[top - 1] >= _PLAIN:
            top -= 1
        if bottom < len(own) and own[bottom] >= _PLAIN:
            bottom += 1
    return top, len(own) if len(own) - bottom <= 4 else bottom
