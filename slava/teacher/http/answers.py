"""What the endpoint said: triples in JSON, or something that must not pass as such."""

import re
from typing import Annotated, Any, TypeGuard

from annotated_types import Len, MaxLen
from pydantic import AfterValidator, BaseModel, ConfigDict, ValidationError

from slava.teacher.http.budget import Usage
from slava.teacher.triples import FACETS, Facet, Triple

# Python's strip, not pydantic's: they differ on what is white (the separators 0x1C to 0x1F).
Text = Annotated[str, AfterValidator(str.strip), Len(1, 4000)]


class AnswerError(ValueError):
    """An answer that cannot be read; asking again may help."""


class Refused(AnswerError):
    """The teacher will not answer; asking again would not help."""


class _Written(BaseModel):
    model_config = ConfigDict(extra="forbid")
    facet: Facet
    question: Text
    reasoning: Annotated[str, MaxLen(4000)]
    answer: Text


class _Reply(BaseModel):
    model_config = ConfigDict(extra="forbid")
    triples: Annotated[list[_Written], Len(1, 64)]


_TEXT = {"type": "string"}
SCHEMA: dict[str, Any] = {
    "type": "object",
    "additionalProperties": False,
    "required": ["triples"],
    "properties": {
        "triples": {
            "type": "array",
            "items": {
                "type": "object",
                "additionalProperties": False,
                "required": ["facet", "question", "reasoning", "answer"],
                "properties": {
                    "facet": {"type": "string", "enum": list(FACETS)},
                    "question": _TEXT,
                    "reasoning": _TEXT,
                    "answer": _TEXT,
                },
            },
        }
    },
}
"""JSON Schema of a reply, in the subset that OpenAI's strict mode and vLLM's structured output share."""


def read_usage(body: Any) -> Usage | None:
    """The tokens that the endpoint says it took; None where it does not say."""
    usage = body.get("usage") if isinstance(body, dict) else None
    if not isinstance(usage, dict):
        return None
    prompt, answer = usage.get("prompt_tokens"), usage.get("completion_tokens")
    return Usage(prompt, answer) if _is_count(prompt) and _is_count(answer) else None


def _is_count(value: Any) -> TypeGuard[int]:
    return type(value) is int and 0 <= value < 1 << 40


def read_content(body: Any) -> str:
    """The text of the first choice of a chat completion. Raises AnswerError, Refused."""
    try:
        choice = body["choices"][0]
        message = choice["message"]
        content, refusal = message.get("content"), message.get("refusal")
    except (KeyError, IndexError, TypeError, AttributeError) as error:
        raise AnswerError("not a chat completion") from error
    if refusal or choice.get("finish_reason") == "content_filter":
        raise Refused(str(refusal or "stopped by the endpoint's content filter")[:400])
    if choice.get("finish_reason") == "length":
        raise AnswerError("cut off: more tokens than --max-answer-tokens")
    if not isinstance(content, str):
        raise AnswerError("a chat completion without text")
    return content


def read_triples(content: str) -> list[Triple]:
    """The triples of a reply, which may stand in a code fence or between words. Raises AnswerError."""
    found = re.search(r"\{.*\}", content, re.DOTALL)
    if not found:
        raise AnswerError(f"no JSON in it: {content[:80]!r}")
    try:
        reply = _Reply.model_validate_json(found.group())
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        where = ".".join(map(str, first["loc"]))
        raise AnswerError(f"not as the schema says: {where}: {first['msg']}") from error
    return [Triple(t.facet, t.question, t.answer, t.reasoning.strip()) for t in reply.triples]
