"""How large the objects are, and how alike."""

from collections.abc import Iterator

import numpy as np

from slava.teacher.facets.subject import Subject
from slava.teacher.measuring.objects import Objects
from slava.teacher.triples import Triple

LEAST_MEASURED = 3
"""Whole objects for a mean; ten for a distribution."""
LEAST_FOR_SPREAD = 10
MOST_UNSURE = 0.25
"""A mean that changes by a larger share with the threshold is not told."""
ALIKE, VARIED = 0.15, 0.4
"""Coefficients of variation."""


def ask(subject: Subject) -> Iterator[Triple]:
    """Mean size, and its distribution."""
    objects = subject.found.objects
    if objects is None or objects.count - objects.cut < LEAST_MEASURED:
        return
    if objects.diameter_error <= MOST_UNSURE * objects.diameters.mean():
        yield _mean(subject, objects)
        if len(objects.diameters) >= LEAST_FOR_SPREAD:
            yield _distribution(subject, objects)


def _mean(subject: Subject, objects: Objects) -> Triple:
    asked = subject.one(
        f"What is the mean diameter of the {subject.things}?",
        f"How large are the {subject.things} on average?",
        f"Estimate the size of the {subject.things}.",
    )
    size = subject.length(float(objects.diameters.mean()), objects.diameter_error)
    share = 100 * objects.diameters.mean() / subject.found.width
    reasoning = f"A typical one spans {share:.2g} % of the picture's width."
    answer = f"{size}, as circles of equal area, from {len(objects.diameters)} that the frame does not cut."
    return Triple("size", f"{subject.scale} {asked}", answer, reasoning)


def _distribution(subject: Subject, objects: Objects) -> Triple:
    asked = subject.one(
        "How are the sizes distributed?",
        f"Are the {subject.things} alike in size?",
        f"How widely do the {subject.things} vary in size?",
    )
    low, middle, high = (subject.length(float(d)) for d in np.percentile(objects.diameters, (10, 50, 90)))
    variation = float(objects.diameters.std() / objects.diameters.mean())
    word = "nearly uniform" if variation < ALIKE else "moderately spread" if variation < VARIED else "broad"
    reasoning = f"The standard deviation is {100 * variation:.0f} % of the mean."
    answer = f"The distribution is {word}: median {middle}, eight in ten between {low} and {high}."
    return Triple("size", f"{subject.scale} {asked}", answer, reasoning)
