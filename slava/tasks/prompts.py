"""The questions, as chat messages.

The question stands before the image, so that all micrographs of a screening share their first tokens,
and the engine's prefix cache computes them once. The auxiliary text of a micrograph (the paper's
auxiliary description) comes after the image, since it differs from one to the next.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

LABEL_TOKENS = 32
CAPTION_TOKENS = 96
ANSWER_TOKENS = 64


@dataclass(frozen=True)
class Question:
    """What is asked of every micrograph of a screening."""

    text: str
    """Stands before the image."""
    max_tokens: int
    """Of an answer in free text; a choice is written only as far as it decides (`tasks.Deciding`)."""
    labels: tuple[str, ...] = ()
    """The options of a choice; none for free text."""

    def messages(self, context: str | None = None, images: int = 1) -> list[dict[str, Any]]:
        """One user message for the chat template."""
        parts: list[dict[str, Any]] = [{"type": "text", "text": f"{self.text}\n"}]
        parts += [{"type": "image"}] * images
        if context:
            parts.append({"type": "text", "text": f"\nContext: {context}"})
        return [{"role": "user", "content": parts}]


def classify(labels: Sequence[str]) -> Question:
    """Which of these labels fits? The answer is one of them, letter by letter."""
    text = f"Which of these does the micrograph show? {', '.join(labels)}"
    return Question(text, LABEL_TOKENS, labels=tuple(labels))


def caption() -> Question:
    """Describe the micrograph."""
    return Question("Describe this micrograph.", max_tokens=CAPTION_TOKENS)


def vqa(question: str) -> Question:
    """Answer the user's own question."""
    return Question(question, max_tokens=ANSWER_TOKENS)
