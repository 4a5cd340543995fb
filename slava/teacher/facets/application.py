"""What such a structure is used for: textbook knowledge about the ten NFFA classes."""

from collections.abc import Iterator

from slava.tasks.labels import NFFA_LABELS
from slava.teacher.facets.subject import Subject
from slava.teacher.triples import Triple

USES = dict(
    zip(
        NFFA_LABELS,
        (
            (
                "filters, catalyst supports and electrodes",
                "its open pores give much surface to a small volume",
            ),
            ("gratings, moulds and templates", "its regular relief steers light, liquids or growth"),
            ("catalysts, pigments and markers", "separate small bodies expose most of their surface"),
            ("protection, insulation and optics", "a thin layer gives a body the surface that it lacks"),
            ("sintering, battery electrodes and pressing", "loose grains can be packed and joined"),
            ("scanning probe microscopy and field emission", "force or field gathers at a sharp end"),
            (
                "sensors and electronics",
                "thin and long bodies conduct along one direction and react all over",
            ),
            ("the study of cells and tissue", "it is grown and not made, and its form serves a function"),
            ("sensing, switching and contacting", "conductors and movable parts are made by lithography"),
            ("textiles, reinforcement and filtration", "long strong threads can be woven, laid or embedded"),
        ),
        strict=True,
    )
)
"""For each class: what it serves, and why."""

_CLASSES = {label.lower(): uses for label, uses in USES.items()}


def ask(subject: Subject) -> Iterator[Triple]:
    """One question, where the class is one of the ten."""
    uses = _CLASSES.get((subject.label or "").replace("_", " ").lower())
    if uses:
        question = subject.one(
            "What could a structure like this be used for?",
            "Name likely applications of what is seen.",
            "For what purpose might this have been made or studied?",
        )
        yield Triple(
            "application", question, f"Likely uses are {uses[0]}.", f"What matters is that {uses[1]}."
        )
