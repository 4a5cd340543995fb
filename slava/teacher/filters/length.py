"""Texts that are too short to say anything, or longer than a student of 135M parameters should learn."""

from slava.teacher.known import Known
from slava.teacher.triples import Triple

QUESTION = (2, 60)
ANSWER = (1, 80)
REASONING = (0, 120)
"""Words, at least and at most."""


def found(triple: Triple, known: Known) -> str | None:
    """Which text is too short or too long."""
    for name, text, (least, most) in (
        ("question", triple.question, QUESTION),
        ("answer", triple.answer, ANSWER),
        ("reasoning", triple.reasoning, REASONING),
    ):
        words = len(text.split())
        if not least <= words <= most:
            return f"{name} of {words} words; {least} to {most} are taught"
    return None
