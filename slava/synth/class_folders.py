"""Drawn micrographs as a folder of class folders, what jobs/finetune.py learns from.

    python -m slava.synth.class_folders --output drawn --count 2000
"""

import sys
from pathlib import Path
from typing import Annotated

from annotated_types import Ge, Lt
from PIL import Image
from pydantic import BaseModel, ConfigDict

from slava.cli import run
from slava.synth.facts import LABELS
from slava.synth.render import render

WIDTH, HEIGHT = 384, 288


class DrawConfig(BaseModel):
    """Draw micrographs of the ten NFFA classes into one folder a class."""

    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)

    output: Path
    """Folder for the class folders."""
    count: Annotated[int, Ge(10)] = 2_000
    """Micrographs, in equal parts of the classes."""
    first_seed: Annotated[int, Ge(0), Lt(10**6)] = 500_000
    """Of the first of each class. From 10**6 on they are kept for measuring, and for the demo."""


def draw(config: DrawConfig) -> int:
    """Write the folders."""
    for index in range(config.count):
        label = LABELS[index % len(LABELS)]
        seed = config.first_seed + index // len(LABELS)
        folder = config.output / label
        folder.mkdir(parents=True, exist_ok=True)
        Image.fromarray(render(label, seed, WIDTH, HEIGHT).pixels).save(folder / f"{seed}.png")
    return 0


if __name__ == "__main__":
    sys.exit(run(DrawConfig, draw, "python -m slava.synth.class_folders"))
