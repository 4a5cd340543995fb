"""Words that come from what the teacher was told and the student is not: file name, class, instructions."""

import re
from pathlib import PurePosixPath

from slava.tasks.labels import NFFA_LABELS
from slava.teacher.known import Known
from slava.teacher.triples import Triple

LEAST_NAME = 4
"""Shorter file names are words."""
_TOLD = re.compile(
    r"\b(file ?name|the (given|provided|stated|supplied) (class|label|category|measurements?|metadata)"
    r"|(class|label|category|metadata|image analysis|measurements?) (provided|given|supplied|states?d?|says?)"
    r"|according to the (class|label|category|metadata|prompt|instructions|image analysis)"
    r"|(labell?ed|tagged) as|symbolic anchor|the prompt)\b",
    re.IGNORECASE,
)


def found(triple: Triple, known: Known) -> str | None:
    """What leaks. The answer may name the class; the question may only among others to choose from."""
    text = f"{triple.question}\n{triple.told}"
    if name := _name_in(text, known):
        return f"file name: {name}"
    if match := _TOLD.search(text):
        return f"speaks of what it was told: {match.group()}"
    if known.label and _names(triple.question, known.label) and not _is_choice(triple.question, known.label):
        return f"the question names the class: {known.label}"
    return None


def _name_in(text: str, known: Known) -> str | None:
    for name in known.file_names:
        for candidate in (name, PurePosixPath(name).stem):
            if len(candidate) >= LEAST_NAME and _names(text, candidate):
                return name
    return None


def _names(text: str, words: str) -> bool:
    """Whether the words stand in the text, as whole words, whatever their case."""
    plain = re.escape(words.replace("_", " "))
    return re.search(rf"(?<!\w){plain}(?!\w)", text.replace("_", " "), re.IGNORECASE) is not None


def _is_choice(question: str, label: str) -> bool:
    others = [other for other in NFFA_LABELS if other.lower() != label.replace("_", " ").lower()]
    return sum(_names(question, other) for other in others) >= 2
