"""Draws the training pictures and writes their dialogues as tokens, on all cores."""

import multiprocessing
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from slava import tasks
from slava.pretraining.dialogues import Dialogue, dialogues
from slava.synth.facts import Facts
from slava.synth.render import render

WIDTH, HEIGHT = 384, 288
HELD_OUT_SEED = 10**6
"""Pictures of this seed and above are never trained on."""


@dataclass(frozen=True, eq=False)
class Example:
    """One dialogue as tokens, with the picture it is about."""

    picture: int
    tokens: NDArray[np.int32]
    """[T]: the prompt, its image tokens included, and the answer."""
    answer: int
    """Where the answer begins in `tokens`."""
    crop: bool
    """The answer stays true when the picture is cropped."""
    match: float
    """Target of the matching head; -1 for none."""


@dataclass(frozen=True, eq=False)
class Drawings:
    """Pictures and the dialogues about them."""

    pictures: NDArray[np.uint8]
    """[N, H, W]."""
    labels: NDArray[np.int64]
    """[N], index into NFFA_LABELS."""
    examples: list[Example]


def draw(
    count: int, first_seed: int, per_picture: int, processor: Any, image_tokens: int, workers: int
) -> Drawings:
    """Draw `count` pictures, the classes in turn, with seeds from `first_seed` on."""
    pictures = np.empty((count, HEIGHT, WIDTH), np.uint8)
    examples: list[Example] = []
    jobs = [(index, first_seed, per_picture) for index in range(count)]
    context = multiprocessing.get_context("fork")
    with context.Pool(workers, _begin, (processor, image_tokens)) as pool:
        for index, picture, told in pool.imap_unordered(_one, jobs, chunksize=16):
            pictures[index] = picture
            examples += told
    examples.sort(key=lambda example: example.picture)
    return Drawings(pictures, np.arange(count) % len(tasks.NFFA_LABELS), examples)


_worker: dict[str, Any] = {}


def _begin(processor: Any, image_tokens: int) -> None:
    _worker.update(processor=processor, image_tokens=image_tokens)


def _one(job: tuple[int, int, int]) -> tuple[int, NDArray[np.uint8], list[Example]]:
    index, first_seed, count = job
    rng = np.random.default_rng((first_seed, index))
    seed = first_seed + index // len(tasks.NFFA_LABELS)
    drawn = render(tasks.NFFA_LABELS[index % len(tasks.NFFA_LABELS)], seed, WIDTH, HEIGHT)
    other = _other(rng, seed)
    told = [_tokens(index, dialogue) for dialogue in dialogues(drawn.facts, other, count, rng)]
    return index, drawn.pixels, told


def _other(rng: np.random.Generator, seed: int) -> Facts:
    """Facts of some other picture; small, since only its facts are wanted."""
    label = tasks.NFFA_LABELS[int(rng.integers(len(tasks.NFFA_LABELS)))]
    return render(label, seed + 1, 96, 72).facts


def _tokens(picture: int, dialogue: Dialogue) -> Example:
    processor, image_tokens = _worker["processor"], _worker["image_tokens"]
    messages = dialogue.question.messages(dialogue.context)
    prompt = processor.apply_chat_template(messages, add_generation_prompt=True)
    prompt = prompt.replace(processor.image_token, processor.image_token * image_tokens)
    tokenizer = processor.tokenizer
    asked = tokenizer(prompt, add_special_tokens=False).input_ids
    answered = tokenizer(dialogue.answer + tokenizer.eos_token, add_special_tokens=False).input_ids
    match = -1.0 if dialogue.match is None else dialogue.match
    return Example(picture, np.array(asked + answered, np.int32), len(asked), dialogue.crop, match)


def batches(examples: list[Example], size: int, rng: np.random.Generator) -> Iterator[list[Example]]:
    """Batches without end, of dialogues of similar length, so that little is spent on padding."""
    window = size * 24
    while True:
        order = rng.permutation(len(examples))
        for start in range(0, len(order) - size + 1, window):
            chunk = sorted(order[start : start + window], key=lambda i: len(examples[i].tokens))
            groups = [chunk[i : i + size] for i in range(0, len(chunk) - size + 1, size)]
            for group in rng.permutation(len(groups)):
                yield [examples[i] for i in groups[group]]
