"""How many objects there are, how they lie to each other, and which way the structure runs."""

from collections.abc import Iterator

import numpy as np
from scipy.spatial import KDTree

from slava.teacher.facets.subject import Subject
from slava.teacher.measuring.objects import Objects
from slava.teacher.measuring.orientation import Orientation
from slava.teacher.triples import Triple

LEAST_NEIGHBOURS = 15
CLUSTERED, REGULAR = 0.75, 1.25
"""Clark and Evans' ratio: 1 for places at random, 0 for all in one, 2.15 for a honeycomb."""


def ask(subject: Subject) -> Iterator[Triple]:
    """Count, neighbours, direction."""
    objects = subject.found.objects
    if objects:
        yield _count(subject, objects)
        if objects.count >= LEAST_NEIGHBOURS:
            yield _neighbours(subject, objects)
    if subject.found.orientation.is_clear:
        yield _direction(subject, subject.found.orientation)


def _count(subject: Subject, objects: Objects) -> Triple:
    question = subject.one(
        f"How many {subject.things} are in view?",
        f"Count the {subject.things}.",
        f"What is the number of {subject.things}?",
    )
    if objects.least == objects.most:
        return Triple("arrangement", question, f"{objects.count}.")
    reasoning = f"Some may touch or be faint: between {objects.least} and {objects.most} can be told apart."
    return Triple("arrangement", question, f"About {objects.count}.", reasoning)


def _neighbours(subject: Subject, objects: Objects) -> Triple:
    question = subject.one(
        f"Are the {subject.things} clustered, scattered at random, or evenly spaced?",
        f"How are the {subject.things} arranged?",
        f"Describe how the {subject.things} are spread over the picture.",
    )
    ratio = clark_evans(objects)
    word = "clustered" if ratio < CLUSTERED else "scattered at random" if ratio < REGULAR else "evenly spaced"
    times = f"{ratio:.2f} times what random places would give"
    reasoning = f"The distance to the nearest neighbour is on average {times}."
    return Triple("arrangement", question, f"They are {word}.", reasoning)


def clark_evans(objects: Objects) -> float:
    """Mean distance to the nearest neighbour over that of random places (Clark and Evans 1954)."""
    distances = KDTree(objects.centres).query(objects.centres, k=2)[0][:, 1]
    height, width = objects.frame
    expected = 0.5 / np.sqrt(objects.count / (height * width))
    return float(distances.mean() / expected)


def _direction(subject: Subject, orientation: Orientation) -> Triple:
    question = subject.one(
        "Which way does the structure run?",
        "Is there a preferred direction? Which?",
        "What is the dominant orientation of the structure?",
    )
    angle = 5 * round(orientation.degrees / 5) % 180
    word = direction(angle)
    answer = f"It runs {word}, at about {angle}° from the horizontal, anticlockwise."
    return Triple("arrangement", question, answer)


def direction(degrees: float) -> str:
    """An angle in words."""
    if degrees <= 15 or degrees >= 165:
        return "horizontally"
    if 75 <= degrees <= 105:
        return "vertically"
    return "upwards to the right" if degrees < 90 else "downwards to the right"
