"""Info bars in the manner of six instrument makers, and bare scale bars, drawn into pictures."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

from slava.synth.facts import Facts

Pixels = NDArray[np.uint8]


@dataclasses.dataclass(frozen=True)
class Style:
    """How a maker draws its bar."""

    height: float
    """Share of the picture's height."""
    paper: int | None
    """Grey value of the bar; None writes over the picture."""
    ink: int
    scale: str
    """Scale bar: "ended" (I-shaped), "dots" (a row of ticks), "block", "line"."""
    fields: Callable[[Facts], list[str]]
    rows: int = 1
    floats: bool = False
    """Whether rows of the picture may go on below the bar."""


def _zeiss(f: Facts) -> list[str]:
    return [
        f"EHT = {f.kv:.2f} kV",
        f"WD = {f.working_distance_mm:.1f} mm",
        f"Signal A = {f.detector}",
        f"Mag = {f.magnification / 1000:.2f} K X",
    ]


def _fei(f: Facts) -> list[str]:
    return [
        f"HV {f.kv:.2f} kV",
        f"mag {f.magnification:,.0f} x",
        f"WD {f.working_distance_mm:.1f} mm",
        f"det {f.detector}",
        f"HFW {_length(f.field_width_um * 1000)}",
    ]


def _hitachi(f: Facts) -> list[str]:
    return [f"{f.kv:.1f}kV {f.working_distance_mm:.1f}mm x{_thousands(f.magnification)} {f.detector}"]


def _jeol(f: Facts) -> list[str]:
    return [f.detector, f"{f.kv:.1f}kV", f"X{f.magnification:,.0f}", f"WD {f.working_distance_mm:.1f}mm"]


def _tescan(f: Facts) -> list[str]:
    return [
        f"SEM HV: {f.kv:.1f} kV",
        f"WD: {f.working_distance_mm:.2f} mm",
        f"View field: {_length(f.field_width_um * 1000)}",
        f"Det: {f.detector}",
        f"SEM MAG: {_thousands(f.magnification)}x",
    ]


def _tabletop(f: Facts) -> list[str]:
    return [f"{f.kv:.0f}kV", f"x{f.magnification:.0f}", f.detector]


STYLES: dict[str, Style] = {
    "zeiss": Style(0.085, 255, 0, "ended", _zeiss, rows=2, floats=True),
    "fei": Style(0.065, 0, 255, "line", _fei),
    "hitachi": Style(0.07, 0, 255, "dots", _hitachi),
    "jeol": Style(0.06, None, 255, "block", _jeol),
    "tescan": Style(0.1, 32, 235, "ended", _tescan, rows=2),
    "tabletop": Style(0.075, 190, 10, "block", _tabletop),
    "none": Style(0.0, None, 255, "line", lambda f: []),
}
"""By maker; "none" draws only a scale bar in the picture."""


def add_info_bar(pixels: Pixels, facts: Facts, seed: int) -> tuple[Pixels, int]:
    """Draws an info bar of a random style on a picture [H, W] that shows the facts' whole field.

    Returns the picture [H', W], taller where the bar is put below it, and the bar's first row;
    H' where there is no bar.
    """
    rng = np.random.default_rng((7, seed))
    style = STYLES[str(rng.choice(list(STYLES)))]
    return drawn(pixels, facts, style, rng)


def drawn(pixels: Pixels, facts: Facts, style: Style, rng: np.random.Generator) -> tuple[Pixels, int]:
    """Draws a bar of this style; see `add_info_bar`."""
    height, width = pixels.shape
    if not style.fields(facts):
        return _scale_only(pixels, facts, rng), height
    tall = max(14 * style.rows, round(height * style.height * rng.uniform(0.9, 1.2)))
    if style.paper is None or (style.floats and rng.random() < 0.5):
        below = int(rng.uniform(0.01, 0.1) * height) if style.floats else 0
        canvas, top = pixels.copy(), height - tall - below
    else:
        canvas, top = np.vstack([pixels, np.zeros((tall, width), np.uint8)]), height
    if style.paper is not None:
        canvas[top : top + tall] = style.paper
    image = Image.fromarray(canvas)
    draw = ImageDraw.Draw(image)
    left = _scale(draw, facts, style, (4, top, width, tall), from_right=bool(rng.random() < 0.4))
    _text(draw, style, facts, left, (top, tall))
    return np.asarray(image), top


def scale_bar(facts: Facts, width: int) -> tuple[int, str]:
    """Length in pixels of a round scale bar for a picture of this width, and its label."""
    pixel = facts.field_width_um * 1000 / width
    target = 0.2 * width * pixel
    decade = 10 ** math.floor(math.log10(target))
    # The logarithm of a number just under a power of ten may round up to it.
    length = max(m * decade for m in (1, 2, 5) if m * decade <= target * (1 + 1e-9))
    return round(length / pixel), _length(length)


def _length(nanometres: float) -> str:
    # Pillow's bundled font lacks µ; "um" is what many instruments write anyway.
    for limit, unit in ((1000, "nm"), (1e6, "um")):
        if nanometres < limit * 0.9999:
            return f"{nanometres / (limit / 1000):.3g} {unit}"
    return f"{nanometres / 1e6:.3g} mm"


def _thousands(magnification: float) -> str:
    return f"{magnification / 1000:.1f}k" if magnification >= 1000 else f"{magnification:.0f}"


def _scale(
    draw: ImageDraw.ImageDraw, facts: Facts, style: Style, box: tuple[int, int, int, int], from_right: bool
) -> tuple[int, int]:
    """Draws the scale bar into (margin, top, width, height); the columns left for text."""
    margin, top, width, tall = box
    length, label = scale_bar(facts, width)
    x = width - margin * 3 - length if from_right else margin * 2
    font = ImageFont.load_default(max(9, int(tall * 0.42)))
    y = top + int(tall * 0.78)
    _ruler(draw, (x, y), length, style, max(2, tall // 10))
    draw.text((x, top + 1), label, fill=style.ink, font=font)
    return (margin, x - margin * 2) if from_right else (x + length + margin * 3, width - margin)


def _ruler(draw: ImageDraw.ImageDraw, at: tuple[int, int], length: int, style: Style, half: int) -> None:
    x, y = at
    if style.scale == "dots":
        for k in range(11):
            tick = x + round(k * length / 10)
            draw.line((tick, y - half, tick, y + half), fill=style.ink)
    elif style.scale == "block":
        draw.rectangle((x, y - half // 2, x + length, y + half // 2), fill=style.ink)
    else:
        draw.line((x, y, x + length, y), fill=style.ink)
    if style.scale == "ended":
        for end in (x, x + length):
            draw.line((end, y - half, end, y + half), fill=style.ink)


def _text(
    draw: ImageDraw.ImageDraw, style: Style, facts: Facts, columns: tuple[int, int], rows: tuple[int, int]
) -> None:
    """The fields, spread over what the scale bar leaves, the font as large as fits."""
    words, (left, right), (top, tall) = style.fields(facts), columns, rows
    per_row = -(-len(words) // style.rows)
    cell = (right - left) / per_row
    size = max(7, int(tall / style.rows * 0.6))
    while size > 7 and max(draw.textlength(w, font=ImageFont.load_default(size)) for w in words) > cell - 4:
        size -= 1
    font = ImageFont.load_default(size)
    for k, word in enumerate(words):
        y = top + (k // per_row) * tall / style.rows + (tall / style.rows - size) / 2 - 1
        draw.text((left + (k % per_row) * cell, y), word, fill=style.ink, font=font)


def _scale_only(pixels: Pixels, facts: Facts, rng: np.random.Generator) -> Pixels:
    height, width = pixels.shape
    length, label = scale_bar(facts, width)
    image = Image.fromarray(pixels)
    draw = ImageDraw.Draw(image)
    x = width // 30 if rng.random() < 0.5 else width - length - width // 30
    y = int(height * 0.94)
    ink = 255 if pixels[int(height * 0.85) :].mean() < 140 else 0
    font = ImageFont.load_default(max(9, height // 24))
    draw.rectangle((x, y, x + length, y + max(1, height // 120)), fill=ink)
    draw.text((x + length / 2, y - 2), label, fill=ink, font=font, anchor="mb")
    return np.asarray(image)
