"""From OpenAI's requests to the engine's."""

import json
from typing import Any

from serve.config import ServeConfig
from serve.errors import bad_request, unknown_model
from serve.names import NAME
from serve.sight import AUTO, Sight
from serve.wire import ChatRequest, ImagePart, Message, TextPart
from slava import tasks

NOT_FOR_THE_ENGINE = {
    "messages",
    "model",
    "max_completion_tokens",
    "max_tokens",
    "metadata",
    "store",
    "user",
}


def expert_of(model: str) -> str | None:
    """`slava` is the base, `slava:auto` the gate's choice. Raises ApiError 404 for another name."""
    base, colon, expert = model.partition(":")
    if base != NAME or (colon and not expert):
        raise unknown_model(model, [NAME, f"{NAME}:{AUTO}"])
    return expert or None


def engine_request(asked: ChatRequest, sight: Sight, config: ServeConfig) -> dict[str, Any]:
    """What vLLM is asked. Raises ApiError 400."""
    request = asked.model_dump(mode="json", by_alias=True, exclude_none=True, exclude=NOT_FOR_THE_ENGINE)
    most = asked.max_completion_tokens or asked.max_tokens or tasks.CAPTION_TOKENS
    if most > config.max_tokens:
        raise bad_request(f"At most {config.max_tokens} tokens an answer.", "max_tokens")
    return request | {"messages": engine_messages(asked.messages, sight.tokens), "max_tokens": most}


def choice_request(question: tasks.Question, context: str | None, sight: Sight) -> dict[str, Any]:
    """The question as a screening puts it, with what the tower saw."""
    shown = [token for tokens in sight.tokens for token in tokens]
    seen = iter(shown)
    [message] = question.messages(context, images=len(shown))
    parts = [
        {"type": "image_embeds", "image_embeds": next(seen)} if part["type"] == "image" else part
        for part in message["content"]
    ]
    return {"messages": [{**message, "content": parts}]}


def distinct(labels: list[str]) -> list[str]:
    """The labels, each with letters and only once. Raises ApiError 400."""
    twins = sorted({label for label in labels if labels.count(label) > 1})
    if twins or any(not label.strip() for label in labels):
        raise bad_request(f"Labels must differ and have letters: {twins or labels}.", "labels")
    return labels


def images_of(request: ChatRequest) -> list[tuple[str, str]]:
    """The images of a conversation as they are named, each with its place in the request."""
    return [
        (part.image_url.url, f"messages[{place}].content[{index}].image_url.url")
        for place, message in enumerate(request.messages)
        for index, part in enumerate(message.parts())
        if isinstance(part, ImagePart)
    ]


def question_of(request: ChatRequest) -> str:
    """What the gate is told of the question: the text of the last message of the user's."""
    asked = [message for message in request.messages if message.role == "user"]
    parts = asked[-1].parts() if asked else []
    return "\n".join(part.text for part in parts if isinstance(part, TextPart)).strip()


def engine_messages(messages: list[Message], tokens: list[list[str]]) -> list[dict[str, Any]]:
    """The conversation for the engine, with what the tower saw in the places of the files."""
    seen = iter(tokens)
    told = []
    for message in messages:
        content: list[dict[str, Any]] = []
        for part in message.parts():
            if isinstance(part, TextPart):
                content.append({"type": "text", "text": part.text})
            else:
                content += [{"type": "image_embeds", "image_embeds": token} for token in next(seen)]
        told.append({"role": message.role, "content": content})
    return told


def with_route(event: str, route: dict[str, Any]) -> str:
    """The first event of a stream, which also tells who answers."""
    chunk = json.loads(event.removeprefix("data: "))
    return f"data: {json.dumps(chunk | {'slava': route}, ensure_ascii=False)}\n\n"
