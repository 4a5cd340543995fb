"""Draws the training pictures, once, and keeps them on the disk with their facts."""

import json
import multiprocessing
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from slava import tasks
from slava.synth.facts import Facts
from slava.synth.render import render

WIDTH, HEIGHT = 384, 288
HELD_OUT_SEED = 10**6
"""Pictures of this seed and above are never trained on."""
CHUNK = 500


@dataclass(frozen=True, eq=False)
class Gallery:
    """The training pictures."""

    pictures: NDArray[np.uint8]
    """[N, H, W], on the disk."""
    facts: list[Facts]

    @property
    def cropped(self) -> NDArray[np.bool_]:
        """[N]: seen through a random window, so that only the class is still true; every other of a class."""
        found: NDArray[np.bool_] = (np.arange(len(self.facts)) // len(tasks.NFFA_LABELS)) % 2 == 0
        return found


def draw(
    count: int, first_seed: int, workers: int, start: int = 0
) -> Iterator[tuple[NDArray[np.uint8], Facts]]:
    """`count` micrographs [H, W] with their facts, the classes in turn, with seeds from `first_seed` on.

    The first `start` of them are left out.
    """
    with multiprocessing.get_context("fork").Pool(workers) as pool:
        yield from pool.imap(_one, [(index, first_seed) for index in range(start, count)], chunksize=4)


def _one(job: tuple[int, int]) -> tuple[NDArray[np.uint8], Facts]:
    index, first_seed = job
    classes = len(tasks.NFFA_LABELS)
    drawn = render(tasks.NFFA_LABELS[index % classes], first_seed + index // classes, WIDTH, HEIGHT)
    return drawn.pixels, drawn.facts


def build_gallery(folder: Path, count: int, seed: int, workers: int) -> Gallery:
    """Draw `count` pictures into `folder`; what a stopped run had drawn is taken over."""
    path, notes = folder / "pictures.npy", folder / "facts.jsonl"
    done = len(_lines(notes))
    mode = "r+" if done else "w+"
    pictures = np.lib.format.open_memmap(path, mode, np.uint8, (count, HEIGHT, WIDTH))
    told: list[Facts] = []
    for index, (pixels, facts) in enumerate(draw(count, seed * 10**7, workers, done), done):
        pictures[index] = pixels
        told.append(facts)
        if len(told) == CHUNK or index == count - 1:
            _note(notes, told)
            print(f"{index + 1}/{count} pictures drawn", flush=True)
            told = []
    return Gallery(pictures, [Facts.from_dict(json.loads(line)) for line in _lines(notes)])


def _note(path: Path, told: list[Facts]) -> None:
    with path.open("a") as file:
        file.writelines(json.dumps(facts.to_dict()) + "\n" for facts in told)


def _lines(path: Path) -> list[str]:
    return path.read_text().splitlines() if path.is_file() else []
