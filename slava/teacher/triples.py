"""What a teacher writes: a question about a micrograph, its answer, and perhaps how one gets there."""

from dataclasses import dataclass
from typing import Literal, get_args

Facet = Literal["morphology", "size", "arrangement", "surface", "defects", "instrument", "application"]
"""What a question is about."""

FACETS: tuple[Facet, ...] = get_args(Facet)

STEP_BY_STEP = "Think step by step."
"""Ends a question whose answer is reasoned out (zero-shot chain of thought; Kojima et al. 2022)."""


@dataclass(frozen=True)
class Triple:
    """With the image, which goes without saying, the third."""

    facet: Facet
    question: str
    answer: str
    reasoning: str = ""
    """The steps before the answer; empty where it is seen at a glance."""

    @property
    def asked(self) -> str:
        """What the student is asked."""
        return f"{self.question} {STEP_BY_STEP}" if self.reasoning else self.question

    @property
    def told(self) -> str:
        """What the student is to say."""
        return f"{self.reasoning} Answer: {self.answer}" if self.reasoning else self.answer
