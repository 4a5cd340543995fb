"""Drawn micrographs in class folders, for those who have none at hand."""

import shutil
from pathlib import Path

from PIL import Image

from slava.synth.facts import LABELS
from slava.synth.lessons import HEIGHT, WIDTH
from slava.synth.render import render

FIRST_SEED = 4_000_000
"""nano has learned from no drawing of a seed beyond 10**6."""


def draw(folder: Path, count: int) -> None:
    """Write FOLDER/CLASS/SEED.png, the classes in turn; nothing where the folder is there already."""
    if folder.is_dir():
        return
    part = folder.with_suffix(".part")
    shutil.rmtree(part, ignore_errors=True)
    for index in range(count):
        label, seed = LABELS[index % len(LABELS)], FIRST_SEED + index // len(LABELS)
        path = part / label / f"{seed}.png"
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(render(label, seed, WIDTH, HEIGHT).pixels).save(path)
    part.rename(folder)
