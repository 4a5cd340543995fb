"""Answers against what was measured, or what the instrument wrote down."""

import math
import re
from collections.abc import Iterator

from slava.micrographs.quantities import number_and_unit
from slava.teacher.known import Known
from slava.teacher.triples import Triple

COUNT_SLACK = 1.5
"""A stated count may lie outside the measured range by this factor, and by one object."""
SIZE_SLACK = 3.0
"""A stated mean size, since people and circles of equal area measure differently."""
FIELD_SLACK = 1.1
"""Nothing that is seen whole is longer than the picture is wide; its diagonal is for the field itself."""
SETTING_SLACK = 0.05

_NUMBER = r"(\d+(?:[.,]\d+)*(?:e[+-]?\d+)?)"
_LENGTH = re.compile(
    _NUMBER + r"\s*(?:±\s*[\d.,]+\s*)?(nm|nanomet(?:er|re)s?|µm|μm|um|microns?|micromet(?:er|re)s?)\b", re.I
)
_COUNT = re.compile(r"\b(how many|count|number of)\b", re.I)
_MEAN = re.compile(r"\b(mean|average|typical|median)\b", re.I)
_KV = re.compile(_NUMBER + r"\s*kv\b", re.I)
_DISTANCE = re.compile(r"working distance[^.\d]{0,20}" + _NUMBER + r"\s*mm\b", re.I)


def found(triple: Triple, known: Known) -> str | None:
    """The first contradiction, in words."""
    return next(_contradictions(triple, known), None)


def _contradictions(triple: Triple, known: Known) -> Iterator[str]:
    yield from _count(triple, known)
    lengths = [_nanometres(*match) for match in _LENGTH.findall(triple.answer)]
    for length in lengths:
        if known.field_nm and length > FIELD_SLACK * known.field_nm:
            yield f"{length:.3g} nm in a picture that is {known.field_nm:.3g} nm wide"
    is_mean = triple.facet == "size" and _MEAN.search(triple.question)
    if is_mean and lengths and known.diameter_nm and not _near(lengths[0], known.diameter_nm, SIZE_SLACK):
        yield f"mean size {lengths[0]:.3g} nm; measured {known.diameter_nm:.3g} nm"
    for name, pattern, value in (
        ("kV", _KV, known.kv),
        ("working distance", _DISTANCE, known.working_distance_mm),
    ):
        for number in map(_number, pattern.findall(triple.answer)):
            if value and not _near(number, value, 1 + SETTING_SLACK):
                yield f"{name} {number:g}; the instrument says {value:g}"


def _count(triple: Triple, known: Known) -> Iterator[str]:
    if known.count is None or not _COUNT.search(triple.question):
        return
    stated = re.search(r"(?<![\d.])\d{1,6}(?![\d.]*\d|\s*(?:%|nm|µm|px))", triple.answer)
    if stated:
        least, most = known.count
        number = int(stated.group())
        if not (least - 1) / COUNT_SLACK <= number <= (most + 1) * COUNT_SLACK:
            yield f"{number} counted; measured {least} to {most}"


def _near(value: float, expected: float, factor: float) -> bool:
    return expected / factor <= value <= expected * factor


def _nanometres(number: str, unit: str) -> float:
    return _number(number) * (1.0 if unit.lower().startswith("n") else 1000.0)


def _number(text: str) -> float:
    found = number_and_unit(text)
    return found[0] if found else math.inf
