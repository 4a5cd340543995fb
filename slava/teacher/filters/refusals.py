"""Answers in which the teacher declines, or speaks of itself."""

import re

from slava.teacher.known import Known
from slava.teacher.triples import Triple

_REFUSAL = re.compile(
    r"\b(as an? (ai|language|vision)\b|i( am|'m|’m) (sorry|afraid|unable|not able)"
    r"|i (cannot|can't|can’t|can not|could not|couldn't|won't|will not)"
    r"|unable to (determine|tell|see|assess|provide|identify)"
    r"|(cannot|can't|can’t) be (determined|told|seen|answered)"
    r"|not possible to (tell|determine|say|see)|no image (was|is|has been)|not enough information)",
    re.IGNORECASE,
)


def found(triple: Triple, known: Known) -> str | None:
    """The words of a refusal, if there are any in the question or the answer."""
    match = _REFUSAL.search(f"{triple.question}\n{triple.told}")
    return match.group().strip() if match else None
