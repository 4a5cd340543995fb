"""Questions about a picture with answers that follow from its facts, and say nothing else."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable

import numpy as np

from slava.synth import phrases
from slava.synth.captions import caption
from slava.synth.facts import LABELS, Facts

__all__ = ["Turn", "caption", "conversations"]

MOST_COUNTED = 60
"""Above this, a count is asked only as "more than ...?"."""

FLAWS = ("dust", "charging", "contamination", "scratch", "crack", "missing element")
"""Defects that may be asked for by name."""


@dataclasses.dataclass(frozen=True)
class Turn:
    """A question and its answer."""

    question: str
    answer: str
    kind: str
    """"caption", "count", "size", "shape", "orientation", "coverage", "defect", "yesno" or "class"."""


Asker = Callable[[Facts, np.random.Generator], "Turn | None"]


def conversations(facts: Facts, seed: int) -> list[Turn]:
    """One turn of each kind that the facts can answer, two of "yesno"; kinds in a fixed order."""
    rng = np.random.default_rng((13, seed))
    first = Turn(
        _one(
            rng,
            "Describe the micrograph.",
            "What does the picture show?",
            "Write a caption.",
            "Describe this image briefly.",
            "What do you see?",
        ),
        caption(facts, seed),
        "caption",
    )
    return [first, *(turn for ask in ASKERS if (turn := ask(facts, rng)) is not None)]


def _one(rng: np.random.Generator, *templates: str) -> str:
    return str(rng.choice(templates))


def _class(facts: Facts, rng: np.random.Generator) -> Turn:
    names = ", ".join(LABELS)
    return Turn(
        _one(
            rng,
            f"Which of these classes is it: {names}?",
            f"Classify the micrograph as one of: {names}.",
            "Which of the ten NFFA classes does the picture belong to?",
            "What kind of sample is this?",
        ),
        facts.label,
        "class",
    )


def _count(facts: Facts, rng: np.random.Generator) -> Turn | None:
    if facts.count is None or not 0 < facts.count <= MOST_COUNTED:
        return None
    return Turn(
        _one(
            rng,
            f"How many {facts.objects} are visible?",
            f"Count the {facts.objects}.",
            f"What is the number of {facts.objects}?",
        ),
        str(facts.count),
        "count",
    )


def _size(facts: Facts, rng: np.random.Generator) -> Turn | None:
    if facts.size_nm_mean is None:
        return None
    field, pixel = phrases.length(facts.field_width_um * 1000, 3), phrases.length(facts.pixel_size_nm, 3)
    where = _one(
        rng, f"The field is {field} wide.", f"One pixel is {pixel} wide.", f"The picture is {field} across."
    )
    what = _one(
        rng,
        f"What is the mean {facts.size_kind}?",
        f"Estimate the {facts.size_kind}.",
        f"How large is the {facts.size_kind}?",
    )
    return Turn(f"{where} {what}", f"about {phrases.length(facts.size_nm_mean)}", "size")


def _shape(facts: Facts, rng: np.random.Generator) -> Turn:
    return Turn(
        _one(
            rng,
            f"What shape do the {facts.objects} have?",
            f"Describe the shape of the {facts.objects}.",
            f"Which word describes the form of the {facts.objects}?",
        ),
        facts.shape,
        "shape",
    )


def _orientation(facts: Facts, rng: np.random.Generator) -> Turn | None:
    if facts.orientation_deg is None:
        return None
    if rng.random() < 0.5:
        return Turn(
            _one(rng, f"Which way do the {facts.objects} run?", "What is the dominant direction?"),
            phrases.direction(facts.orientation_deg),
            "orientation",
        )
    return Turn(
        "What is the dominant direction in degrees, anticlockwise from the horizontal?",
        f"about {phrases.degrees(facts.orientation_deg)} degrees",
        "orientation",
    )


def _coverage(facts: Facts, rng: np.random.Generator) -> Turn | None:
    if facts.coverage is None:
        return None
    return Turn(
        _one(
            rng,
            f"How much of the frame do the {facts.objects} cover?",
            f"What share of the picture is covered by {facts.objects}?",
        ),
        phrases.percent(facts.coverage),
        "coverage",
    )


def _defect(facts: Facts, rng: np.random.Generator) -> Turn:
    answer = phrases.listed(facts.defects) if facts.defects else "none"
    return Turn(
        _one(
            rng,
            "Which defects are visible?",
            "Are there any flaws? Name them.",
            "List the defects in the picture.",
        ),
        answer,
        "defect",
    )


def _is_class(facts: Facts, rng: np.random.Generator) -> Turn:
    yes = rng.random() < 0.5
    others = [label for label in LABELS if label != facts.label]
    label = facts.label if yes else str(rng.choice(others))
    noun = str(rng.choice(phrases.CLASS_NOUNS[label]))
    return Turn(
        _one(rng, f"Does the picture show {noun}?", f"Is this {noun}?"), "yes" if yes else "no", "yesno"
    )


def _holds(facts: Facts, rng: np.random.Generator) -> Turn:
    """Whether a number or a flaw is so: both answers equally likely where the facts allow."""
    yes = rng.random() < 0.5
    answer = "yes" if yes else "no"
    if facts.count is not None and facts.count > 3 and rng.random() < 0.6:
        bound = round(facts.count / rng.uniform(1.4, 3)) if yes else round(facts.count * rng.uniform(1.4, 3))
        return Turn(f"Are there more than {bound} {facts.objects}?", answer, "yesno")
    present, absent = ([f for f in FLAWS if (f in facts.defects) == there] for there in (True, False))
    if present and (not absent or rng.random() < 0.5):
        flaw, free = str(rng.choice(present)), not yes
    else:
        flaw, free = str(rng.choice(absent)), yes
    named = phrases.DEFECTS.get(flaw, flaw)
    return Turn(
        f"Is the picture free of {named}?" if free else f"Is there any sign of {named}?", answer, "yesno"
    )


ASKERS: tuple[Asker, ...] = (
    _class,
    _count,
    _size,
    _shape,
    _orientation,
    _coverage,
    _defect,
    _is_class,
    _holds,
)
