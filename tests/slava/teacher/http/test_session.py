"""Patience with a real server that fails in every way we know."""

import asyncio
import json
import pickle
from collections.abc import Callable
from typing import Any

import pytest

from slava.teacher.http.budget import Limits, Prices, Usage
from slava.teacher.http.session import PICTURE_TOKENS, Asking, Outcome

GOOD = json.dumps(
    {"triples": [{"facet": "surface", "question": "Is it rough?", "reasoning": "", "answer": "Yes, it is."}]}
)
BODY = json.dumps({"model": "m", "max_tokens": 50, "messages": [{"role": "user", "content": "hello"}]})
Serve = Callable[..., Any]


def completion(content: str | None, **extra: Any) -> dict[str, Any]:
    """A chat completion of 120 tokens."""
    choice = {"finish_reason": "stop", "message": {"role": "assistant", "content": content}}
    return {"choices": [choice | extra], "usage": {"prompt_tokens": 100, "completion_tokens": 20}}


def _asking(**changes: Any) -> Asking:
    usual: dict[str, Any] = {
        "key": None,
        "concurrency": 4,
        "retries": 3,
        "timeout_s": 5,
        "wait_s": 0.01,
        "limits": Limits(),
        "prices": Prices(),
        "spent": Usage(),
    }
    return Asking(**usual | changes)


def _ask(url: str, asking: Asking, count: int = 1) -> list[Outcome]:
    """As Ray's stage does: all of a batch posted, then awaited in turn."""

    async def run() -> list[Outcome]:
        async with asking() as session:
            headers = {"Content-Type": "application/json"}
            tasks = [
                session.post(f"{url}/chat/completions", headers=headers, data=json.dumps(BODY))
                for _ in range(count)
            ]
            outcomes = []
            for task in tasks:
                async with await task as response:
                    outcomes.append(Outcome(**json.loads((await response.json())["outcome"])))
            return outcomes

    return asyncio.run(run())


@pytest.mark.parametrize(
    "bad",
    [429, 500, 503, "cut", "no JSON", "[1]", completion("no JSON either"), completion('{"triples": []}')],
    ids=str,
)
def test_what_may_pass_is_asked_again(serve: Serve, bad: Any) -> None:
    endpoint = serve(bad, bad, completion(GOOD))
    (outcome,) = _ask(endpoint.url, _asking())
    assert (outcome.status, outcome.requests) == ("answered", 3)
    assert outcome.content == GOOD


@pytest.mark.parametrize(
    ("bad", "status", "requests", "words"),
    [
        (429, "failed", 4, "HTTP 429"),
        (500, "failed", 4, "HTTP 500"),
        ("cut", "failed", 4, "ClientPayloadError"),
        (401, "failed", 1, "HTTP 401"),
        (302, "failed", 1, "HTTP 302"),
        ("no JSON", "unreadable", 4, "no JSON"),
        (completion("no JSON either"), "unreadable", 4, "no JSON either"),
        (completion(None, finish_reason="content_filter"), "refused", 1, "content filter"),
    ],
    ids=str,
)
def test_what_does_not_pass_ends_in_an_outcome(
    serve: Serve, bad: Any, status: str, requests: int, words: str
) -> None:
    (outcome,) = _ask(serve(bad).url, _asking())
    assert (outcome.status, outcome.requests) == (status, requests)
    assert words in outcome.content


def test_an_endpoint_that_is_not_there_is_an_outcome() -> None:
    (outcome,) = _ask("http://127.0.0.1:9/v1", _asking(retries=1))
    assert (outcome.status, outcome.requests) == ("failed", 2)
    assert "ClientConnectorError" in outcome.content


def test_retry_after_holds_back_all_requests(serve: Serve) -> None:
    endpoint = serve(429, completion(GOOD), headers={"Retry-After": "1"})
    loop_times: list[float] = []

    async def run() -> None:
        loop = asyncio.get_running_loop()
        asking = _asking(concurrency=1)
        async with asking() as session:
            began = loop.time()
            for _ in range(2):
                await session.post(f"{endpoint.url}/chat/completions", headers={}, data=json.dumps(BODY))
            loop_times.append(loop.time() - began)
        assert asking.shared.quiet_until > 0

    asyncio.run(run())
    assert loop_times[0] >= 1.0
    assert len(endpoint.seen) == 3


def test_no_more_than_so_many_are_under_way(serve: Serve) -> None:
    endpoint = serve(completion(GOOD), delay_s=0.05)
    outcomes = _ask(endpoint.url, _asking(concurrency=3), count=12)
    assert {outcome.status for outcome in outcomes} == {"answered"}
    assert endpoint.most_under_way == 3


def test_the_budget_ends_it_before_it_is_overrun(serve: Serve) -> None:
    endpoint = serve(completion(GOOD))
    limit = 10 * 120 + PICTURE_TOKENS + 60
    outcomes = _ask(endpoint.url, _asking(limits=Limits(tokens=limit), spent=Usage(100, 20)), count=20)
    answered = [o for o in outcomes if o.status == "answered"]
    assert {o.status for o in outcomes} == {"answered", "unaffordable"}
    assert len(answered) == len(endpoint.seen)
    assert 120 + sum(o.prompt_tokens + o.answer_tokens for o in answered) <= limit
    assert len(answered) == 10


def test_requests_in_vain_cost_too(serve: Serve) -> None:
    (outcome,) = _ask(serve(completion("no JSON"), 500, completion(GOOD)).url, _asking())
    assert (outcome.prompt_tokens, outcome.answer_tokens) == (200, 40)


def test_the_key_goes_to_the_endpoint_and_nowhere_else(serve: Serve) -> None:
    endpoint = serve(401)
    asking = _asking(key="sk-very-secret")
    (outcome,) = _ask(endpoint.url, asking)
    assert endpoint.keys == ["Bearer sk-very-secret"]
    assert "secret" not in repr(asking)
    assert "secret" not in outcome.content
    assert endpoint.seen[0] == json.loads(BODY)


def test_it_travels_to_a_worker() -> None:
    asking = _asking(key="sk-very-secret")
    assert pickle.loads(pickle.dumps(asking)) == asking  # noqa: S301
