"""What says the same again: of one micrograph in other words, or of many in the very same words."""

import hashlib
import itertools
import re
from collections import Counter

from slava.teacher.triples import Triple

LEAST_ALIKE = 0.6
"""Jaccard's index of word pairs, of the question and the answer each."""
MOST_REPEATED = 200
"""Micrographs of which the very same question and answer are taught."""

Shingles = frozenset[tuple[str, ...]]


class NearDuplicates:
    """Remembers what was taught in the whole run."""

    def __init__(self) -> None:
        self.taught: Counter[bytes] = Counter()

    def remember(self, question: str, answer: str) -> None:
        """What an earlier run has taught."""
        self.taught[_key(question, answer)] += 1

    def of_image(self) -> "OfImage":
        """Begin with another micrograph."""
        return OfImage(self)


class OfImage:
    """Remembers what was taught of one micrograph."""

    def __init__(self, run: NearDuplicates) -> None:
        self.run = run
        self.kept: list[tuple[Triple, Shingles, Shingles]] = []

    def found(self, triple: Triple) -> str | None:
        """What the triple repeats; None, and it is remembered, if nothing."""
        question, answer = shingles(triple.question), shingles(triple.answer)
        for other, asked, told in self.kept:
            if alike(question, asked) >= LEAST_ALIKE and alike(answer, told) >= LEAST_ALIKE:
                return f"of the same micrograph: {other.question}"
        if self.run.taught[_key(triple.asked, triple.told)] >= MOST_REPEATED:
            return f"taught of {MOST_REPEATED} micrographs in the same words"
        self.run.remember(triple.asked, triple.told)
        self.kept.append((triple, question, answer))
        return None


def shingles(text: str) -> Shingles:
    """Pairs of neighbouring words, without case and punctuation; the only word of a text by itself."""
    words = re.findall(r"\w+", text.lower())
    return frozenset(itertools.pairwise(words)) or frozenset((word,) for word in words)


def alike(one: Shingles, other: Shingles) -> float:
    """Jaccard's index: 0 for nothing in common, 1 for the same (two empty texts are the same)."""
    return len(one & other) / len(one | other) if one or other else 1.0


def _key(question: str, answer: str) -> bytes:
    text = " ".join(re.findall(r"\w+", f"{question} {answer}".lower()))
    return hashlib.blake2b(text.encode(), digest_size=8).digest()
