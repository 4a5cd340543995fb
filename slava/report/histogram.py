"""The confidence histogram as inline SVG; colours come from style.css."""

import math
from collections.abc import Sequence

_WIDTH, _HEIGHT = 520, 208
_LEFT, _RIGHT, _TOP, _BOTTOM = 52, 10, 10, 50


def histogram_svg(counts: Sequence[int]) -> str:
    """Return the SVG of a histogram of values from 0 to 1, one bar for each of the equal intervals."""
    step = _step(max(counts, default=0))
    top = step * max(math.ceil(max(counts, default=0) / step), 1)
    under_half = sum(counts[: len(counts) // 2])
    label = f"Histogram of confidence from 0 to 1; {under_half:,} of {sum(counts):,} lie under 0.5."
    parts = [*_grid(step, top), *_bars(counts, top), *_axis()]
    return (
        f'<svg class="histogram" viewBox="0 0 {_WIDTH} {_HEIGHT}" role="img" aria-label="{label}">'
        + "".join(parts)
        + "</svg>"
    )


def _step(highest: int) -> int:
    """Return the distance of the grid lines: 1, 2 or 5 times a power of ten, for five lines at most."""
    power: int = 10 ** max(len(str(max(highest, 1))) - 2, 0)
    return next(step * power for step in (1, 2, 5, 10, 20, 50) if 5 * step * power >= highest)


def _short(count: int) -> str:
    for size, unit in ((1_000_000, "M"), (1_000, "k")):
        if count >= size:
            return f"{count / size:g}{unit}"
    return str(count)


def _x(value: float) -> float:
    return _LEFT + value * (_WIDTH - _LEFT - _RIGHT)


def _y(share: float) -> float:
    return _HEIGHT - _BOTTOM - share * (_HEIGHT - _TOP - _BOTTOM)


def _grid(step: int, top: int) -> list[str]:
    heights = [(n, _y(n / top)) for n in range(0, top + 1, step)]
    return [
        f'<line class="grid" x1="{_LEFT}" x2="{_WIDTH - _RIGHT}" y1="{y:.1f}" y2="{y:.1f}"/>'
        f'<text class="tick" x="{_LEFT - 8}" y="{y + 4:.1f}" text-anchor="end">{_short(n)}</text>'
        for n, y in heights
    ]


def _bars(counts: Sequence[int], top: int) -> list[str]:
    bins = len(counts)
    width = _x(1 / bins) - _x(0) - 2
    return [
        f'<rect class="bar" x="{_x(i / bins) + 1:.1f}" y="{_y(n / top):.1f}" width="{width:.1f}" '
        f'height="{_y(0) - _y(n / top):.1f}">'
        f"<title>{i / bins:.2f} to {(i + 1) / bins:.2f}: {n:,}</title></rect>"
        for i, n in enumerate(counts)
        if n
    ]


def _axis() -> list[str]:
    ticks = [
        f'<text class="tick" x="{_x(value):.1f}" y="{_HEIGHT - 30}" text-anchor="middle">{value:g}</text>'
        for value in (0, 0.25, 0.5, 0.75, 1)
    ]
    name = f'<text class="tick" x="{_x(0.5):.1f}" y="{_HEIGHT - 6}" text-anchor="middle">confidence</text>'
    return [*ticks, name]
