"""Prompts as text, with a place for each micrograph's own context."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from slava.results import storable
from slava.tasks import Question

MAX_CONTEXT = 600
"""Characters of auxiliary text that the model is given."""

_MARK = "\u2063CONTEXT\u2063"
"""Stands for the context while the chat template is filled in; invisible separators occur in no template."""


@dataclass(frozen=True)
class PromptText:
    """The chat template filled in once, so that workers need neither template nor tokenizer."""

    plain: str
    """The prompt of a micrograph without context."""
    marked: str
    """The prompt with `_MARK` where the context goes."""
    specials: tuple[str, ...]
    """Special tokens of the vocabulary, which no context may contain."""

    @classmethod
    def of(cls, question: Question, processor: Any) -> "PromptText":
        """Fill in the processor's chat template for a question about one image."""
        tokenizer = processor.tokenizer
        # all_special_tokens has only those with a role; the tokenizer cuts out the others just as well.
        added = {token.content for token in tokenizer.added_tokens_decoder.values() if token.special}
        specials = tuple(sorted({*tokenizer.all_special_tokens, *added}, key=lambda text: (-len(text), text)))
        asked = Question(_without(question.text, specials), question.max_tokens, question.labels)

        def filled(context: str | None) -> str:
            text: str = processor.apply_chat_template(asked.messages(context), add_generation_prompt=True)
            return text

        return cls(filled(None), filled(_MARK), specials)

    def prompt(self, context: str) -> str:
        """The prompt of a micrograph with this context; empty for none."""
        if not context:
            return self.plain
        return self.marked.replace(_MARK, context)

    def context(self, parts: Iterable[str | None]) -> str:
        """Auxiliary texts as one line that cannot break out of its place in the prompt.

        A description file is the plant's own, but it is still data: `<image>` or an end-of-turn token
        in it would otherwise be read as such.
        """
        # A lone surrogate, as JSON's escapes can make one, would stop Arrow and the tokenizer.
        clean = [" ".join(_without(storable(part), self.specials).split()) for part in parts if part]
        return "; ".join(part for part in clean if part)[:MAX_CONTEXT].strip()


def _without(text: str, specials: Iterable[str]) -> str:
    for special in specials:
        text = text.replace(special, " ")
    return text
