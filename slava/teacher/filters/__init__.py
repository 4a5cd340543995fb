"""Why a triple is not taught: one reason a file. What is filtered out is kept, with its reason."""

from collections.abc import Callable
from dataclasses import dataclass

from slava.teacher.filters import contradictions, leaks, length, refusals
from slava.teacher.filters.near_duplicates import NearDuplicates
from slava.teacher.known import Known
from slava.teacher.triples import Triple

Filter = Callable[[Triple, Known], str | None]
"""What is wrong with a triple, or None."""

FILTERS: dict[str, Filter] = {
    "refusal": refusals.found,
    "leak": leaks.found,
    "contradiction": contradictions.found,
    "length": length.found,
}
"""By the reason that is written beside what is filtered out; the first that applies counts."""

NEAR_DUPLICATE = "near_duplicate"


@dataclass(frozen=True)
class Rejection:
    """Why a triple is not taught."""

    reason: str
    detail: str


def sift(
    triples: list[Triple], known: Known, duplicates: NearDuplicates
) -> list[tuple[Triple, Rejection | None]]:
    """Each triple of a micrograph with its rejection, or None if it is taught."""
    judged: list[tuple[Triple, Rejection | None]] = []
    of_image = duplicates.of_image()
    for triple in triples:
        rejection = _rejection(triple, known)
        if rejection is None and (twin := of_image.found(triple)):
            rejection = Rejection(NEAR_DUPLICATE, twin)
        judged.append((triple, rejection))
    return judged


def _rejection(triple: Triple, known: Known) -> Rejection | None:
    for reason, find in FILTERS.items():
        if detail := find(triple, known):
            return Rejection(reason, detail)
    return None
