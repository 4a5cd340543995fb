"""A sheet of drawn micrographs for people: a row for each class."""

import argparse
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from slava.synth.facts import LABELS
from slava.synth.render import render

TILE = (128, 96)
HEAD = 16


def sheet(columns: int, seed: int) -> Image.Image:
    """The sheet, ten rows of so many pictures."""
    width, height = TILE
    page = Image.new("L", (columns * (width + 4), len(LABELS) * (height + HEAD + 4)), 255)
    draw, font = ImageDraw.Draw(page), ImageFont.load_default(12)
    for row, label in enumerate(LABELS):
        top = row * (height + HEAD + 4)
        draw.text((2, top), label, fill=0, font=font)
        for column in range(columns):
            picture = Image.fromarray(np.asarray(render(label, seed + column).pixels))
            page.paste(picture.resize(TILE, Image.Resampling.LANCZOS), (column * (width + 4), top + HEAD))
    return page


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--columns", type=int, default=12)
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    options.out.parent.mkdir(parents=True, exist_ok=True)
    sheet(options.columns, options.seed).save(options.out, optimize=True)


if __name__ == "__main__":
    main()
