"""The instrument's info bar: the strip of settings and scale bar drawn over or below the picture."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

_LEAST, _MOST = 0.02, 0.25
"""Its height, as a part of the frame's."""
_NEAR = (2, 10, 20)
"""Grey levels that still count as the background's: as drawn, and as JPEGs blur them.

(The first tells a black bar from the dark, noisy picture above it.)
"""
_PLAIN, _TEXT = 0.97, 0.30
"""The part of a row that is background: at least, between lines of text, and in them."""


_COLUMNS = 2048
"""Of a wider frame every second, third, ... column is looked at."""


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
    height, width = pixels.shape[:2]
    least, most = max(8, round(height * _LEAST)), round(height * _MOST)
    if height < 64 or width < 64:
        return None
    pixels = pixels[:, :: max(1, width // _COLUMNS)]
    band = min(height // 2, most + height // 6)
    if (found := _lowest_bar(_grey(pixels[height - band :]), least, most)) is not None:
        return InfoBar(height - band + found[0], height - band + found[1], 0, width)
    if (found := _lowest_bar(_grey(pixels[:band][::-1]), least, most)) is not None:
        return InfoBar(band - found[1], band - found[0], 0, width)
    return None


def _grey(pixels: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """The channels' mean: red or green ink on white stays ink."""
    return pixels if pixels.ndim == 2 else pixels.mean(axis=2).astype(np.uint8)


def _lowest_bar(grey: NDArray[np.uint8], least: int, most: int) -> tuple[int, int] | None:
    """First and one past the last row of a bar near the lower edge of a band of rows.

    The tallest that any tolerance finds: a tight one may see the lower half of a blurred bar only.
    """
    counts = _counts(grey)
    sums, modes = np.pad(counts.cumsum(axis=1), ((0, 0), (1, 0))), counts.argmax(axis=1)
    bars = (_bar_within(grey, sums, modes, near, least, most) for near in _NEAR)
    found = [bar for bar in bars if bar is not None]
    return max(found, key=lambda bar: bar[1] - bar[0]) if found else None


def _bar_within(
    grey: NDArray[np.uint8],
    sums: NDArray[np.int64],
    modes: NDArray[np.int64],
    near: int,
    least: int,
    most: int,
) -> tuple[int, int] | None:
    own = _share(sums, modes, near)
    for background in _commonest(modes[own >= _PLAIN]):
        share = _share(sums, background, near)
        for top, bottom in _runs(share):
            if least <= bottom - top <= most and _is_bar(grey, share, own, top, bottom, background, near):
                return _edges(own, _share(sums, background, 10), top, bottom)
    return None


def _counts(grey: NDArray[np.uint8]) -> NDArray[np.int64]:
    """The histogram of each row, [rows, 256]."""
    index = grey.astype(np.int64) + 256 * np.arange(len(grey))[:, None]
    return np.bincount(index.ravel(), minlength=256 * len(grey)).reshape(len(grey), 256)


def _share(sums: NDArray[np.int64], grey: NDArray[np.int64] | int, near: int) -> NDArray[np.float64]:
    """The part of each row near a grey, or near one of its own; `sums`: running histograms [rows, 257]."""
    rows, low, high = np.arange(len(sums)), np.maximum(grey - near, 0), np.minimum(grey + near, 255)
    return np.asarray((sums[rows, high + 1] - sums[rows, low]) / sums[:, -1])


def _commonest(modes: NDArray[np.int64]) -> list[int]:
    """The three commonest backgrounds of plain rows."""
    counts = np.bincount(modes, minlength=256)
    return [int(grey) for grey in np.argsort(counts)[::-1][:3] if counts[grey] >= 3]


def _runs(share: NDArray[np.float64]) -> list[tuple[int, int]]:
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
    near: int,
) -> bool:
    below = len(grey) - bottom
    if below > len(grey) // 3 or not _is_sharp(share, own, top, -1):
        return False
    if below > 4 and not _is_sharp(share, own, bottom - 1, 1):
        return False
    difference = np.abs(grey[top:bottom].astype(np.int16) - background)
    plain = share[top:bottom] >= _PLAIN
    steady = difference[plain][difference[plain] <= near].std() <= max(2.5, 0.3 * near)
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


def _edges(own: NDArray[np.float64], blurred: NDArray[np.float64], top: int, bottom: int) -> tuple[int, int]:
    """With the rows that a JPEG blurred and the lines drawn along it; to the edge if only such are left."""
    for rows, least, longest in ((blurred, 0.9, 8), (own, _PLAIN, 3)):
        above, below = rows[:top][::-1] >= least, rows[bottom:] >= least
        top, bottom = top - _short_run(above, longest), bottom + _short_run(below, longest)
    return top, len(own) if len(own) - bottom <= 4 else bottom


def _short_run(rows: NDArray[np.bool_], longest: int) -> int:
    """The length of the run that rows begin with; none if it is longer, for it is picture then."""
    length = len(rows) if rows.all() else int(rows.argmin())
    return length if length <= longest else 0
