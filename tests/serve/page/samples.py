"""Micrographs as instruments write them, and what is true of them."""

import dataclasses
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image

from slava.synth import file_formats
from slava.synth.facts import Facts
from slava.synth.info_bars import STYLES, drawn
from slava.synth.render import render


@dataclass(frozen=True)
class Sample:
    """A file, and what is true of it."""

    path: Path
    facts: Facts
    bar_top: float
    """Where the info bar begins, as a share of the frame's height."""


def written(folder: Path) -> dict[str, Sample]:
    """`fei`: a TIFF with tags and info bar; `pages`: one of two pages; `bare`: a PNG without either."""
    rendering = render("Nanowires", 3)
    width, height = 640, 480
    pixels = np.asarray(Image.fromarray(rendering.pixels).resize((width, height), Image.Resampling.BICUBIC))
    facts = dataclasses.replace(
        rendering.facts, pixel_size_nm=rendering.facts.field_width_um * 1000 / width, kv=7.0
    )
    barred, top = drawn(pixels, facts, STYLES["fei"], np.random.default_rng(0))
    share = top / barred.shape[0]
    (folder / "W07_site12.tif").write_bytes(file_formats.fei_tiff(barred, facts))
    (folder / "W08_site03.tif").write_bytes(file_formats.two_page_tiff(barred, facts))
    Image.fromarray(pixels).save(folder / "W09_site41.png")
    return {
        "fei": Sample(folder / "W07_site12.tif", facts, share),
        "pages": Sample(folder / "W08_site03.tif", facts, share),
        "bare": Sample(folder / "W09_site41.png", facts, 1.0),
    }
