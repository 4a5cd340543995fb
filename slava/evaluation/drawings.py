"""The report's drawings as inline SVG; colours come from slava/report/style.css."""

from collections.abc import Sequence

from slava.evaluation.bootstrap import Figure
from slava.evaluation.classification import Bin

_SIDE, _EDGE = 220, 34


def interval_svg(figure: Figure) -> str:
    """A metric between 0 and 1 as a dot on its interval."""
    x, low, high = (8 + 144 * value for value in (figure.value, figure.low, figure.high))
    label = f"{figure.value:.3f}, 95 % between {figure.low:.3f} and {figure.high:.3f}"
    return (
        f'<svg class="interval" viewBox="0 0 160 16" role="img" aria-label="{label}">'
        '<line class="grid" x1="8" x2="152" y1="8" y2="8"/>'
        f'<line class="span" x1="{low:.1f}" x2="{high:.1f}" y1="8" y2="8"/>'
        f'<circle class="bar" cx="{x:.1f}" cy="8" r="4"/></svg>'
    )


def reliability_svg(bins: Sequence[Bin]) -> str:
    """Confidence against accuracy: a disc for each bin, its area its share of the answers."""
    total = max(sum(found.count for found in bins), 1)
    discs = [
        f'<circle class="disc" cx="{_x(found.confidence):.1f}" cy="{_y(found.accuracy):.1f}" '
        f'r="{2 + 16 * (found.count / total) ** 0.5:.1f}"><title>{found.count} answers: confidence '
        f"{found.confidence:.2f}, accuracy {found.accuracy:.2f}</title></circle>"
        for found in bins
    ]
    return (
        f'<svg class="reliability" viewBox="0 0 {_SIDE + 20} {_SIDE + 20}" role="img" '
        'aria-label="Confidence against accuracy">'
        f'<rect class="frame" x="{_x(0)}" y="{_y(1)}" width="{_x(1) - _x(0)}" height="{_y(0) - _y(1)}"/>'
        f'<line class="grid" x1="{_x(0)}" y1="{_y(0)}" x2="{_x(1)}" y2="{_y(1)}"/>{"".join(discs)}'
        f"{_ticks()}</svg>"
    )


def _x(value: float) -> float:
    return _EDGE + value * (_SIDE - _EDGE)


def _y(value: float) -> float:
    return 10 + (1 - value) * (_SIDE - _EDGE)


def _ticks() -> str:
    under = [
        f'<text class="tick" x="{_x(v):.0f}" y="{_y(0) + 14:.0f}" text-anchor="middle">{v:g}</text>'
        for v in (0, 0.5, 1)
    ]
    beside = [
        f'<text class="tick" x="{_EDGE - 5}" y="{_y(v) + 4:.0f}" text-anchor="end">{v:g}</text>'
        for v in (0.5, 1)
    ]
    name = f'<text class="tick" x="{_x(0.5):.0f}" y="{_y(0) + 28:.0f}" text-anchor="middle">confidence</text>'
    return "".join([*under, *beside, name])
