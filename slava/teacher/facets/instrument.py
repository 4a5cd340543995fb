"""The instrument's settings, given in the question, and what follows from them."""

from collections.abc import Iterator

from slava.teacher.facets.subject import Subject
from slava.teacher.triples import Triple

LOW_KV, HIGH_KV = 5.0, 15.0


def ask(subject: Subject) -> Iterator[Triple]:
    """The field of view from the size of a pixel; what the voltage means for what is seen."""
    pixel = subject.found.pixel_size_nm
    if pixel is not None:
        yield _field(subject, pixel)
    if subject.acquisition.kv is not None:
        yield _voltage(subject, subject.acquisition.kv)


def _field(subject: Subject, pixel: float) -> Triple:
    width = subject.found.width
    asked = subject.one(
        "How wide is the field of view?",
        "What width of the sample is seen?",
        "Work out the width of the picture on the sample.",
    )
    question = f"The picture has {width} columns, and one pixel is {pixel:.3g} nm wide. {asked}"
    reasoning = f"{width} times {pixel:.3g} nm is {width * pixel:,.0f} nm."
    return Triple("instrument", question, f"{subject.length(width)}.", reasoning)


def _voltage(subject: Subject, kv: float) -> Triple:
    asked = subject.one(
        "What does this voltage mean for what is seen?",
        "How deep does the signal come from at this setting?",
        "Is the picture surface-sensitive at this setting?",
    )
    if kv <= LOW_KV:
        answer = "The beam hardly penetrates, so the picture shows the surface itself."
    elif kv < HIGH_KV:
        answer = "The beam goes moderately deep, so surface detail mixes with what lies just below."
    else:
        answer = "The beam goes deep, so fine surface detail is weakened by signal from below."
    reasoning = f"The faster the electrons, the deeper they go; {kv:g} kV is {_level(kv)}."
    settings = subject.acquisition.describe()
    return Triple("instrument", f"Settings: {settings}. {asked}", answer, reasoning)


def _level(kv: float) -> str:
    return "low" if kv <= LOW_KV else "medium" if kv < HIGH_KV else "high"
