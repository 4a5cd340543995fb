"""From the facts of drawn micrographs to the conversations that teach them."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from slava import tasks
from slava.micrographs.acquisition import Acquisition
from slava.synth.facts import Facts
from slava.synth.questions import caption, conversations

MATCH_QUESTION = "Does this text describe the micrograph?"


@dataclass(frozen=True)
class Turn:
    """A message of the user's, and the answer to learn."""

    message: dict[str, Any]
    answer: str
    match: float | None = None
    """Target of the matching head after the message; None to leave it out."""


@dataclass(frozen=True)
class Conversation:
    """Turns about one or several drawn pictures."""

    turns: tuple[Turn, ...]
    pictures: tuple[int, ...]
    """Indices, in the order in which the turns show them."""


def classifying(pictures: Sequence[int], facts: Sequence[Facts], rng: np.random.Generator) -> Conversation:
    """One list of labels, then one micrograph after the other: the list's tokens are paid for once."""
    labels = list(tasks.NFFA_LABELS)
    if rng.random() < 0.5:
        labels = [labels[int(i)] for i in rng.permutation(len(labels))]
    first, *others = pictures
    question = tasks.classify(labels)
    # Another picture's settings: the model learns to read past them, not to guess the class from them.
    context = describe(facts[int(rng.choice(pictures))]) if rng.random() < 0.3 else None
    turns = [Turn(question.messages(context)[0], facts[first].label)]
    turns += [Turn({"role": "user", "content": [{"type": "image"}]}, facts[index].label) for index in others]
    return Conversation(tuple(turns), tuple(pictures))


def describing(picture: int, facts: Facts, other: Facts, rng: np.random.Generator) -> Conversation:
    """A caption, a question or a match, then more questions about the same micrograph."""
    openings = [_caption, _question, _match]
    opening = openings[int(rng.choice(3, p=[0.4, 0.4, 0.2]))](facts, other, rng)
    follow_ups = [_follow_up(facts, rng) for _ in range(2)]
    return Conversation((opening, *follow_ups), (picture,))


def _caption(facts: Facts, other: Facts, rng: np.random.Generator) -> Turn:
    context = describe(facts) if rng.random() < 0.5 else None
    return Turn(tasks.caption().messages(context)[0], caption(facts, int(rng.integers(1 << 30))))


def _question(facts: Facts, other: Facts, rng: np.random.Generator) -> Turn:
    question, answer = _fact(facts, rng)
    context = describe(facts) if rng.random() < 0.5 else None
    return Turn(tasks.vqa(question).messages(context)[0], answer)


def _match(facts: Facts, other: Facts, rng: np.random.Generator) -> Turn:
    """Image-text matching; a caption of another class surely mismatches, one of the same may fit."""
    fits = bool(rng.random() < 0.5) or other.label == facts.label
    text = caption(facts if fits else other, int(rng.integers(1 << 30)))
    message = tasks.vqa(f"{MATCH_QUESTION} {text}").messages()[0]
    return Turn(message, "Yes" if fits else "No", float(fits))


def _follow_up(facts: Facts, rng: np.random.Generator) -> Turn:
    question, answer = _fact(facts, rng)
    return Turn({"role": "user", "content": question}, answer)


def _fact(facts: Facts, rng: np.random.Generator) -> tuple[str, str]:
    turns = [turn for turn in conversations(facts, int(rng.integers(1 << 30))) if turn.kind != "caption"]
    turn = turns[int(rng.integers(len(turns)))]
    return turn.question, turn.answer


def words(facts: Facts) -> str:
    """What an alignment of image tokens with words should find in the picture."""
    return f"{facts.label} {facts.submode.replace('_', ' ')} {facts.shape} {facts.objects}"


def describe(facts: Facts) -> str:
    """The settings that an instrument would have written down, in the words of a screening's context."""
    return Acquisition(
        kv=facts.kv,
        working_distance_mm=facts.working_distance_mm,
        magnification=facts.magnification,
        detector=facts.detector,
        field_width_um=facts.field_width_um,
    ).describe()
