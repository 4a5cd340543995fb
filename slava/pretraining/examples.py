"""Conversations as tokens, in batches."""

import itertools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from slava.pretraining.dialogues import Conversation, classifying, describing
from slava.pretraining.drawing import Gallery

IGNORED = -100


@dataclass(frozen=True)
class Example:
    """One conversation as tokens."""

    tokens: list[int]
    targets: list[int]
    """The tokens of the answers; IGNORED elsewhere."""
    pictures: tuple[int, ...]
    matches: tuple[tuple[int, float], ...]
    """Positions whose state the matching head reads, with its target."""


class Writer:
    """Turns conversations into tokens as the chat template does, message by message."""

    def __init__(self, processor: Any, image_tokens: int) -> None:
        self.processor = processor
        self.image = processor.image_token * image_tokens

    def example(self, conversation: Conversation) -> Example:
        """Tokens, targets and where the matching head looks."""
        tokens: list[int] = []
        targets: list[int] = []
        matches: list[tuple[int, float]] = []
        for turn in conversation.turns:
            asked = self._encode(self._prompt(turn.message))
            answered = self._encode(turn.answer + self.processor.tokenizer.eos_token)
            tokens += asked
            targets += [IGNORED] * len(asked)
            if turn.match is not None:
                matches.append((len(tokens) - 1, turn.match))
            newline = self._encode("\n")
            tokens += answered + newline
            targets += answered + [IGNORED] * len(newline)
        return Example(tokens, targets, conversation.pictures, tuple(matches))

    def _prompt(self, message: dict[str, Any]) -> str:
        text: str = self.processor.apply_chat_template([message], add_generation_prompt=True)
        return text.replace(self.processor.image_token, self.image)

    def _encode(self, text: str) -> list[int]:
        ids: list[int] = self.processor.tokenizer(text, add_special_tokens=False).input_ids
        return ids


def batches(
    gallery: Gallery, writer: Writer, size: int, chain: int, rng: np.random.Generator
) -> Iterator[list[Example]]:
    """Batches without end, of conversations that classify chains of micrographs or describe one.

    A batch is of one kind, so that little is spent on padding: two in three classify.
    """
    whole = np.flatnonzero(~gallery.cropped)
    decks = {"all": _deck(np.arange(len(gallery.facts)), rng), "whole": _deck(whole, rng)}
    for step in itertools.count():
        if step % 3 == 2:
            pairs = [(next(decks["whole"]), next(decks["whole"])) for _ in range(2 * size)]
            told = [describing(i, gallery.facts[i], gallery.facts[j], rng) for i, j in pairs]
        else:
            chains = [[next(decks["all"]) for _ in range(chain)] for _ in range(size)]
            told = [classifying(pictures, gallery.facts, rng) for pictures in chains]
        yield [writer.example(conversation) for conversation in told]


def _deck(cards: NDArray[np.int64], rng: np.random.Generator) -> Iterator[int]:
    """Each card once, in random order, over and over."""
    while True:
        yield from (int(card) for card in rng.permutation(cards))


def collate(batch: Sequence[Example], device: torch.device) -> tuple[Tensor, Tensor]:
    """Token ids and targets, [B, T] each, padded on the right."""
    length = max(len(example.tokens) for example in batch)
    ids = torch.zeros(len(batch), length, dtype=torch.long)
    targets = torch.full_like(ids, IGNORED)
    for row, example in enumerate(batch):
        ids[row, : len(example.tokens)] = torch.tensor(example.tokens)
        targets[row, : len(example.tokens)] = torch.tensor(example.targets)
    return ids.to(device), targets.to(device)
