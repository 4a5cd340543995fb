"""Draws the training pictures, looks at each through the frozen tower once, and keeps what it saw."""

import json
import multiprocessing
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from slava import tasks
from slava.model.modeling import tower_features
from slava.pretraining.augment import augment
from slava.synth.facts import Facts
from slava.synth.render import render

WIDTH, HEIGHT = 384, 288
HELD_OUT_SEED = 10**6
"""Pictures of this seed and above are never trained on."""
CHUNK = 32


@dataclass(frozen=True, eq=False)
class Gallery:
    """The training pictures as the tower sees them."""

    patches: NDArray[np.float16]
    """[N, P, D], on the disk."""
    facts: list[Facts]
    cropped: NDArray[np.bool_]
    """[N]: seen through a random window, so that only the class is still true."""


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


def build_gallery(folder: Path, count: int, seed: int, workers: int, model: Any) -> Gallery:
    """Draw, augment and encode; what a stopped run had done is taken over."""
    config = model.config
    shape = (count, (config.vision_config.image_size // config.vision_config.patch_size) ** 2)
    path, notes = folder / "patches.npy", folder / "facts.jsonl"
    done = _lines(notes)
    mode = "r+" if done else "w+"
    patches = np.lib.format.open_memmap(path, mode, np.float16, (*shape, config.vision_config.hidden_size))
    generator = torch.Generator().manual_seed(seed)
    batch: list[tuple[NDArray[np.uint8], Facts]] = []
    for index, drawn in enumerate(draw(count, seed * 10**7, workers, len(done)), len(done)):
        batch.append(drawn)
        if len(batch) == CHUNK or index == count - 1:
            _encode(batch, index + 1 - len(batch), patches, model, generator)
            _note(notes, [facts for _, facts in batch])
            print(f"{index + 1}/{count} pictures drawn and seen", flush=True)
            batch = []
    return _gallery(patches, notes)


def _encode(
    batch: list[tuple[NDArray[np.uint8], Facts]], start: int, patches: Any, model: Any, generator: Any
) -> None:
    pictures = torch.from_numpy(np.stack([pixels for pixels, _ in batch])).to(model.device)
    crops = torch.from_numpy(_cropped(start, len(batch))).to(model.device)
    with torch.inference_mode():
        pixels = augment(pictures, crops, generator).to(model.dtype)
        seen, _ = tower_features(model.model.vision_tower, model.config, pixels)
    patches[start : start + len(batch)] = seen.half().cpu().numpy()


def _cropped(start: int, count: int) -> NDArray[np.bool_]:
    """Every other picture of each class."""
    found: NDArray[np.bool_] = (np.arange(start, start + count) // len(tasks.NFFA_LABELS)) % 2 == 0
    return found


def _note(path: Path, facts: list[Facts]) -> None:
    with path.open("a") as file:
        file.writelines(json.dumps(fact.to_dict()) + "\n" for fact in facts)


def _lines(path: Path) -> list[str]:
    return path.read_text().splitlines() if path.is_file() else []


def _gallery(patches: NDArray[np.float16], notes: Path) -> Gallery:
    facts = [Facts.from_dict(json.loads(line)) for line in _lines(notes)]
    return Gallery(patches, facts, _cropped(0, len(facts)))
