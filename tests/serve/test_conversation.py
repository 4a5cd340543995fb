"""From OpenAI's requests to the engine's."""

import base64
import json

import pytest
from pydantic import ValidationError

from serve.config import ServeConfig
from serve.conversation import distinct, engine_request, expert_of, images_of, question_of, with_route
from serve.errors import ApiError
from serve.sight import Sight
from serve.wire import ChatRequest

URI = "data:image/png;base64," + base64.b64encode(b"x").decode()
IMAGE = {"type": "image_url", "image_url": {"url": URI}}
ROUTE = {"expert": None, "gate": [], "micrographs": []}


def _chat(**more: object) -> ChatRequest:
    first = {"role": "user", "content": [{"type": "text", "text": "What is"}, IMAGE, IMAGE]}
    turns = [first, {"role": "assistant", "content": "A wafer."}, {"role": "user", "content": "Sure?"}]
    return ChatRequest.model_validate({"messages": turns, **more})


def test_images_keep_their_places() -> None:
    assert images_of(_chat()) == [(URI, f"messages[0].content[{i}].image_url.url") for i in (1, 2)]


def test_each_page_of_a_file_stands_where_the_file_stood() -> None:
    sight = Sight([["a", "b"], ["c"]], None, 1.0, ROUTE)
    request = engine_request(_chat(max_tokens=5, stop=["."], user="me"), sight, ServeConfig())
    kinds = [part.get("image_embeds", part["type"]) for part in request["messages"][0]["content"]]
    assert kinds == ["text", "a", "b", "c"]
    assert request["max_tokens"] == 5
    assert request["stop"] == ["."]
    assert "user" not in request
    assert "model" not in request


def test_more_tokens_than_allowed_are_a_400() -> None:
    with pytest.raises(ApiError, match="512"):
        engine_request(
            _chat(max_completion_tokens=513), Sight([["a"], ["b"]], None, 1.0, ROUTE), ServeConfig()
        )


def test_the_gate_is_told_the_last_question() -> None:
    assert question_of(_chat()) == "Sure?"


def test_names_of_models() -> None:
    assert expert_of("slava") is None
    assert expert_of("slava:auto") == "auto"
    assert expert_of("slava:etch residues") == "etch residues"
    for name in ("gpt-4o", "slava:", "", "slavas"):
        with pytest.raises(ApiError) as refused:
            expert_of(name)
        assert refused.value.status == 404


def test_labels_must_differ() -> None:
    assert distinct(["a", "b"]) == ["a", "b"]
    for labels in (["a", "a"], ["a", " "]):
        with pytest.raises(ApiError, match="400"):
            distinct(labels)


def test_the_first_event_of_a_stream_tells_who_answers() -> None:
    event = with_route('data: {"id": "1", "choices": []}\n\n', ROUTE)
    assert event.endswith("\n\n")
    assert json.loads(event.removeprefix("data: ")) == {"id": "1", "choices": [], "slava": ROUTE}


def test_a_form_by_schema_has_its_schema() -> None:
    """vLLM fails on it within its engine, which would look like an outage."""
    asked = {"messages": [{"role": "user", "content": "?"}], "response_format": {"type": "json_schema"}}
    with pytest.raises(ValidationError, match="json_schema is missing"):
        ChatRequest.model_validate(asked)
