"""From the facts of a drawn micrograph to the dialogues that teach it."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from slava import tasks
from slava.micrographs.acquisition import Acquisition
from slava.synth.facts import Facts
from slava.synth.questions import caption, conversations
from slava.synth.scenes import RECIPES

MATCH_QUESTION = "Does this text describe the micrograph?"


@dataclass(frozen=True)
class Dialogue:
    """One question about one picture."""

    question: tasks.Question
    answer: str
    context: str | None
    crop: bool
    """The answer stays true when the picture is cropped or stretched."""
    match: float | None = None
    """Target of the matching head; None for a dialogue that only trains the language model."""


SUBMODES = sorted({recipe.build.__name__.replace("_", " ") for recipes in RECIPES.values() for recipe in recipes})
OPEN_KINDS = ("yesno", "shape", "class")
"""Kinds of question whose answer survives a crop."""


def dialogues(facts: Facts, other: Facts, count: int, rng: np.random.Generator) -> list[Dialogue]:
    """`count` dialogues about a picture; `other` is the facts of another, for context and mismatches."""
    makers = [_ten_classes, _some_classes, _submodes, _caption, _fact, _match]
    weights = [0.28, 0.12, 0.14, 0.12, 0.24, 0.10]
    chosen = rng.choice(len(makers), size=count, p=weights)
    return [makers[int(index)](facts, other, rng) for index in chosen]


def _ten_classes(facts: Facts, other: Facts, rng: np.random.Generator) -> Dialogue:
    return _choice(list(tasks.NFFA_LABELS), facts.label, other, rng, in_order=rng.random() < 0.5)


def _some_classes(facts: Facts, other: Facts, rng: np.random.Generator) -> Dialogue:
    wrong = [label for label in tasks.NFFA_LABELS if label != facts.label]
    picked = [str(label) for label in rng.choice(wrong, size=int(rng.integers(1, 9)), replace=False)]
    return _choice([*picked, facts.label], facts.label, other, rng)


def _submodes(facts: Facts, other: Facts, rng: np.random.Generator) -> Dialogue:
    truth = facts.submode.replace("_", " ")
    wrong = [name for name in SUBMODES if name != truth]
    picked = [str(name) for name in rng.choice(wrong, size=int(rng.integers(2, 16)), replace=False)]
    return _choice([*picked, truth], truth, other, rng)


def _choice(
    labels: Sequence[str], truth: str, other: Facts, rng: np.random.Generator, in_order: bool = False
) -> Dialogue:
    order = list(labels) if in_order else [labels[int(i)] for i in rng.permutation(len(labels))]
    # Another picture's settings: the model learns to read past them, not to guess the class from them.
    context = describe(other) if rng.random() < 0.3 else None
    return Dialogue(tasks.classify(order), tasks.OPTIONS[order.index(truth)], context, crop=True)


def _caption(facts: Facts, other: Facts, rng: np.random.Generator) -> Dialogue:
    context = describe(facts) if rng.random() < 0.6 else None
    return Dialogue(tasks.caption(), caption(facts, int(rng.integers(1 << 30))), context, crop=False)


def _fact(facts: Facts, other: Facts, rng: np.random.Generator) -> Dialogue:
    turns = conversations(facts, int(rng.integers(1 << 30)))
    turn = turns[int(rng.integers(len(turns)))]
    context = describe(facts) if rng.random() < 0.6 else None
    return Dialogue(tasks.vqa(turn.question), turn.answer, context, crop=turn.kind in OPEN_KINDS)


def _match(facts: Facts, other: Facts, rng: np.random.Generator) -> Dialogue:
    fits = bool(rng.random() < 0.5)
    text = caption(facts if fits else other, int(rng.integers(1 << 30)))
    # A caption of the same kind of scene may happen to fit; only another class is surely a mismatch.
    target = 1.0 if fits or other.label == facts.label else 0.0
    return Dialogue(tasks.vqa(f"{MATCH_QUESTION} {text}"), "Yes" if target else "No", None, False, target)


def describe(facts: Facts) -> str:
    """The facts that an instrument would have written down, in the words of a screening's context."""
    return Acquisition(
        kv=facts.kv,
        working_distance_mm=facts.working_distance_mm,
        magnification=facts.magnification,
        detector=facts.detector,
        field_width_um=facts.field_width_um,
    ).describe()
