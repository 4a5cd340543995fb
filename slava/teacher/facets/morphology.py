"""What kind of thing is seen, and what shape its objects have."""

from collections.abc import Iterator

from slava.teacher.facets.subject import Subject
from slava.teacher.measuring.objects import Objects
from slava.teacher.triples import Triple

ROUND, STRETCHED = 1.25, 2.0
"""Ratios of axes up to which objects are called round, and somewhat elongated."""
SMOOTH_OUTLINE = 0.95
"""Solidity."""


def ask(subject: Subject) -> Iterator[Triple]:
    """The class, where it is known, and the shape of objects that were told apart."""
    if subject.label:
        yield Triple("morphology", _what(subject), f"It shows: {subject.label.replace('_', ' ')}.")
    if subject.found.objects:
        yield _shape(subject, subject.found.objects)


def _what(subject: Subject) -> str:
    return subject.one(
        "What kind of sample is this?",
        "Which kind of structure does the micrograph show?",
        "What is seen here?",
        "Name the kind of material or structure in the picture.",
    )


def _shape(subject: Subject, objects: Objects) -> Triple:
    question = subject.one(
        f"What shape do the {subject.things} have?",
        f"Describe the outline of the {subject.things}.",
        "Which shape is typical of what stands out from the background?",
    )
    shape = _word(objects.elongation)
    outline = "smooth" if objects.solidity >= SMOOTH_OUTLINE else "notched"
    reasoning = (
        f"The longer axis of a typical one is {objects.elongation:.1f} times the shorter, and it fills "
        f"{100 * objects.solidity:.0f} % of its convex hull."
    )
    return Triple("morphology", question, f"They are {shape}, with a {outline} outline.", reasoning)


def _word(elongation: float) -> str:
    if elongation <= ROUND:
        return "round"
    return "somewhat elongated" if elongation <= STRETCHED else "elongated"
