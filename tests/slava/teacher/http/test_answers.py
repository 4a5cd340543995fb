"""Parsers of what an endpoint says: right on the schema, and never surprised."""

import json
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from slava.teacher.http.answers import SCHEMA, AnswerError, Refused, read_content, read_triples, read_usage
from slava.teacher.http.budget import Usage
from slava.teacher.triples import FACETS

words = st.text(min_size=1, max_size=50).filter(lambda s: s.strip())
written = st.fixed_dictionaries(
    {"facet": st.sampled_from(FACETS), "question": words, "reasoning": st.text(max_size=50), "answer": words}
)
replies = st.fixed_dictionaries({"triples": st.lists(written, min_size=1, max_size=5)})
anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["choices", "message", "content", "usage", "prompt_tokens", "triples", "x"]),
            inner,
        )
    ),
    max_leaves=12,
)


@given(replies, st.sampled_from(["{}", "```json\n{}\n```", "Here you are:\n{}\nDone."]))
def test_what_keeps_to_the_schema_is_read(reply: dict[str, Any], around: str) -> None:
    Draft202012Validator(SCHEMA).validate(reply)
    triples = read_triples(around.replace("{}", json.dumps(reply)))
    assert [(t.facet, t.question) for t in triples] == [
        (t["facet"], t["question"].strip()) for t in reply["triples"]
    ]


@given(st.text(max_size=200) | anything.map(json.dumps))
def test_anything_else_is_an_answer_error(content: str) -> None:
    with pytest.raises(AnswerError):
        read_triples(content)


@given(replies, st.integers(0, 400))
def test_a_reply_that_is_cut_is_an_answer_error(reply: dict[str, Any], end: int) -> None:
    whole = json.dumps(reply)
    with pytest.raises(AnswerError):
        read_triples(whole[: min(end, len(whole) - 1)])


@given(anything)
def test_no_body_is_a_surprise(body: Any) -> None:
    usage = read_usage(body)
    assert usage is None or usage.total >= 0
    with suppress(AnswerError):
        assert isinstance(read_content(body), str)


@pytest.mark.parametrize(
    "choice",
    [
        {"finish_reason": "content_filter", "message": {"content": ""}},
        {"finish_reason": "stop", "message": {"content": None, "refusal": "I will not."}},
    ],
)
def test_a_refusal_is_told_from_a_broken_answer(choice: dict[str, Any]) -> None:
    with pytest.raises(Refused):
        read_content({"choices": [choice]})


def test_an_answer_that_was_cut_off_says_so() -> None:
    with pytest.raises(AnswerError, match="max-answer-tokens"):
        read_content({"choices": [{"finish_reason": "length", "message": {"content": "{"}}]})


def test_usage_is_read() -> None:
    body = {"usage": {"prompt_tokens": 7, "completion_tokens": 3, "total_tokens": 10}}
    assert read_usage(body) == Usage(7, 3)
    assert read_usage({"usage": {"prompt_tokens": True, "completion_tokens": 3}}) is None
