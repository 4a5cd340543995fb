"""Counts and sizes in answers: how near they come."""

import re
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

_WORDS = [
    "no",
    "one",
    "two",
    "three",
    "four",
    "five",
    "six",
    "seven",
    "eight",
    "nine",
    "ten",
    "eleven",
    "twelve",
]
_NM = {"nm": 1.0, "µm": 1e3, "μm": 1e3, "um": 1e3, "mm": 1e6}
_NUMBER = re.compile(
    r"(?P<digits>\d+(?:,\d{3})*(?:\.\d+)?)(?:\s*(?P<unit>nm|[µμu]m|mm)\b)?|\b(?P<word>"
    + "|".join(_WORDS)
    + r")\b",
    re.IGNORECASE,
)


def first_number(text: str) -> float | None:
    """The first number of a text, lengths in nm; None without one."""
    found = _NUMBER.search(text)
    if found is None:
        return None
    if found["word"]:
        return float(_WORDS.index(found["word"].lower()))
    return float(found["digits"].replace(",", "")) * _NM.get((found["unit"] or "nm").lower(), 1.0)


def within_factor(answers: Sequence[str], references: Sequence[str], factor: float) -> NDArray[np.float64]:
    """For each reference with a number, whether the answer's lies within the factor of it; 0 without one."""
    wanted = [(said, first_number(expected)) for said, expected in zip(answers, references, strict=True)]
    pairs = [(first_number(said), number) for said, number in wanted if number is not None]
    return np.array([float(said is not None and _near(said, number, factor)) for said, number in pairs])


def _near(said: float, expected: float, factor: float) -> bool:
    return said == expected or 0 < expected / factor <= said <= expected * factor
