"""Load on a real HTTP server on loopback, which refuses, fails and breaks off on demand."""

import asyncio
from collections.abc import Awaitable, Callable
from itertools import pairwise

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer
from hypothesis import given
from hypothesis import strategies as st

from slava import load
from slava.load import Answer, Request


def _loaded(
    answer: Callable[[web.Request], Awaitable[web.StreamResponse]],
    put: Callable[[str], Awaitable[list[Answer]]],
) -> list[Answer]:
    """What a load came to, on a server that answers so."""

    async def loaded() -> list[Answer]:
        app = web.Application()
        app.router.add_post("/ask", answer)
        async with TestServer(app) as server:
            return await put(str(server.make_url("/")))

    return asyncio.run(loaded())


def _requests(count: int) -> list[Request]:
    return [Request("/ask", str(index).encode()) for index in range(count)]


def test_clients_of_a_closed_loop_wait_for_their_answers() -> None:
    inside, most, seen = 0, 0, []

    async def answer(request: web.Request) -> web.Response:
        nonlocal inside, most
        inside += 1
        most = max(most, inside)
        seen.append(await request.text())
        await asyncio.sleep(0.01)
        inside -= 1
        return web.json_response({"asked": seen[-1]})

    answers = _loaded(answer, lambda url: load.closed_loop(url, _requests(12), clients=3))
    assert most == 3
    assert sorted(seen, key=int) == [str(index) for index in range(12)]
    assert load.ends(answers) == {"answered": 12, "refused": 0, "refused_with_retry_after": 0, "failed": 0}


def test_requests_of_an_open_loop_wait_for_nobody() -> None:
    together = asyncio.Event()
    inside = 0

    async def answer(_: web.Request) -> web.Response:
        nonlocal inside
        inside += 1
        if inside == 20:
            together.set()
        await together.wait()  # nobody is answered before all have asked
        return web.Response()

    times = load.poisson_times(rate=200, seconds=0.1, seed=0)
    answers = _loaded(answer, lambda url: load.open_loop(url, _requests(20), times))
    assert [answer.status for answer in answers] == [200] * 20
    assert all(answer.sent_s >= time for answer, time in zip(answers, times, strict=True))


def test_refusals_and_broken_connections_are_told_apart() -> None:
    async def answer(request: web.Request) -> web.Response:
        match await request.text():
            case "0":
                return web.Response(status=503, headers={"Retry-After": "0"})
            case "1":
                return web.Response(status=429)
            case "2":
                return web.Response(status=500)
            case "3":
                assert request.transport
                request.transport.abort()
        return web.Response(text="here")

    answers = _loaded(answer, lambda url: load.closed_loop(url, _requests(5), clients=1))
    assert [answer.status for answer in answers] == [503, 429, 500, load.BROKEN, 200]
    assert load.ends(answers) == {"answered": 1, "refused": 2, "refused_with_retry_after": 1, "failed": 2}
    assert [answer.retry_after_s for answer in answers] == [0.0, None, None, None, None]
    assert answers[-1].body == b"here"


def test_a_refused_client_waits_as_it_was_told() -> None:
    refusals = iter([web.Response(status=503, headers={"Retry-After": "1"})])

    async def answer(_: web.Request) -> web.Response:
        return next(refusals, None) or web.Response()

    first, second = _loaded(answer, lambda url: load.closed_loop(url, _requests(2), clients=1))
    assert second.sent_s - first.sent_s >= 1


@given(rate=st.floats(0.1, 500), seconds=st.floats(0.1, 20), seed=st.integers(0, 2**32))
def test_arrivals_are_as_many_as_expected_in_order_and_in_time(
    rate: float, seconds: float, seed: int
) -> None:
    times = load.poisson_times(rate, seconds, seed)
    assert len(times) == round(rate * seconds)
    assert times == sorted(times)
    assert all(0 <= time <= seconds for time in times)
    assert times == load.poisson_times(rate, seconds, seed)


def test_gaps_between_arrivals_vary_as_those_of_a_poisson_process() -> None:
    times = load.poisson_times(rate=100, seconds=100, seed=1)
    gaps = [after - before for before, after in pairwise(times)]
    mean = sum(gaps) / len(gaps)
    deviation = (sum((gap - mean) ** 2 for gap in gaps) / len(gaps)) ** 0.5
    assert deviation == pytest.approx(mean, rel=0.05)  # exponential; even ones would have none


def test_only_answers_count_for_percentiles_and_throughput() -> None:
    answers = [Answer(200, sent_s=index, took_s=1 + index) for index in range(101)]
    refused = [Answer(503, sent_s=0, took_s=0.001), Answer(load.BROKEN, sent_s=0, took_s=300)]
    assert load.percentiles(answers + refused) == {"p50_s": 51, "p95_s": 96, "p99_s": 100}
    assert load.throughput(answers + refused) == pytest.approx(101 / 201)


def test_goodput_counts_what_came_in_its_time_and_quickly() -> None:
    answers = [
        Answer(200, sent_s=1, took_s=0.5),  # before
        Answer(200, sent_s=1, took_s=1),  # just
        Answer(200, sent_s=2, took_s=3),  # good
        Answer(200, sent_s=2, took_s=3.5),  # too slow
        Answer(503, sent_s=3, took_s=0.1),  # refused
        Answer(200, sent_s=5, took_s=1),  # after
    ]
    assert load.goodput(answers, start_s=2, end_s=6, within_s=3) == pytest.approx(2 / 4)
