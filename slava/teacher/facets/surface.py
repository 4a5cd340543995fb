"""What share of the picture is covered or open, and how its surface looks."""

from collections.abc import Iterator

from slava.teacher.facets.subject import Subject
from slava.teacher.measuring.objects import Objects
from slava.teacher.measuring.phases import Phases
from slava.teacher.measuring.texture import Texture
from slava.teacher.triples import Triple

FAINT, STRONG = 0.06, 0.16
"""Standard deviation of the grey values, of the full range."""


def ask(subject: Subject) -> Iterator[Triple]:
    """Coverage or the share of dark, and texture."""
    if subject.found.objects:
        yield _coverage(subject, subject.found.objects)
    elif subject.found.phases:
        yield _dark(subject, subject.found.phases)
    yield _texture(subject, subject.found.texture)


def _coverage(subject: Subject, objects: Objects) -> Triple:
    question = subject.one(
        f"How much of the picture do the {subject.things} cover?",
        f"What share of the area belongs to the {subject.things}?",
        f"Estimate the area fraction of the {subject.things}.",
    )
    return Triple("surface", question, f"About {share(objects.coverage, objects.coverage_error)}.")


def _dark(subject: Subject, phases: Phases) -> Triple:
    question = subject.one(
        "What share of the picture is dark?",
        "Which area fraction do the dark regions, such as openings, gaps or the background, take?",
        "How much of the area is dark rather than bright?",
    )
    reasoning = "The grey values fall into a dark and a bright group that hardly overlap."
    return Triple("surface", question, f"About {share(phases.dark_share, phases.error)}.", reasoning)


def share(part: float, error: float) -> str:
    """A share of 0 to 1 in per cent, with what it may be off."""
    digits = 1 if part < 0.1 else 0
    return f"{100 * part:.{digits}f} % (± {max(100 * error, 10.0**-digits):.{digits}f})"


def _texture(subject: Subject, texture: Texture) -> Triple:
    question = subject.one(
        "Describe the texture of the picture.",
        "How rough does the surface look?",
        "How strong is the contrast, and on what scale does it change?",
    )
    word = "faint" if texture.contrast < FAINT else "moderate" if texture.contrast < STRONG else "strong"
    size = subject.length(texture.grain)
    answer = f"The contrast is {word}, and brightness changes over about {size}."
    reasoning = f"Grey values vary by {100 * texture.contrast:.0f} % of the full range about their mean."
    return Triple("surface", f"{subject.scale} {question}", answer, reasoning)
