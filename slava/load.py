"""Load on an HTTP server: clients that wait for their answers (closed loop), and ones that do not (open).

A server under load is measured as its clients see it. Only an open loop shows what happens beyond the
capacity: clients that wait for their answers slow down with the server (Schroeder et al. 2006, "Open versus
closed: a cautionary tale"). Times are in seconds.
"""

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass

import aiohttp
import numpy as np

PATIENCE_S = 300.0
OK, REFUSED, BROKEN = 200, (429, 503), 0


@dataclass(frozen=True)
class Request:
    """A POST of JSON."""

    path: str
    body: bytes


@dataclass(frozen=True)
class Answer:
    """What became of a request."""

    status: int
    """Of HTTP; BROKEN where the connection broke, or nothing came for PATIENCE_S."""
    sent_s: float
    """Since the load began."""
    took_s: float
    """Until the last byte of the answer."""
    retry_after_s: float | None = None
    """When a refused client may ask again, if it was told."""
    body: bytes = b""


async def closed_loop(url: str, requests: Iterable[Request], clients: int) -> list[Answer]:
    """Clients that each send a request once they have the answer to their last; the refused wait as told."""
    waiting, answers = iter(requests), []
    async with _asking(url) as ask:

        async def client() -> None:
            for request in waiting:
                answers.append(await ask(request))
                await asyncio.sleep(answers[-1].retry_after_s or 0)

        await asyncio.gather(*(client() for _ in range(clients)))
    return answers


async def open_loop(url: str, requests: Sequence[Request], times_s: Sequence[float]) -> list[Answer]:
    """Each request is sent at its time, whatever became of those before it."""
    async with _asking(url) as ask:
        began = time.monotonic()

        async def one(request: Request, at_s: float) -> Answer:
            await asyncio.sleep(began + at_s - time.monotonic())
            return await ask(request)

        return await asyncio.gather(*map(one, requests, times_s))


@asynccontextmanager
async def _asking(url: str) -> AsyncIterator[Callable[[Request], Awaitable[Answer]]]:
    """A function that sends a request and waits for all of its answer."""
    async with aiohttp.ClientSession(
        url,
        headers={"Content-Type": "application/json"},
        connector=aiohttp.TCPConnector(limit=0),
        timeout=aiohttp.ClientTimeout(PATIENCE_S),
    ) as session:
        began = time.monotonic()

        async def ask(request: Request) -> Answer:
            sent = time.monotonic()
            status, retry_after, body = BROKEN, None, b""
            try:
                async with session.post(request.path, data=request.body) as response:
                    body = await response.read()
                    status, retry_after = response.status, response.headers.get("Retry-After")
            except (aiohttp.ClientError, TimeoutError):
                pass  # counted as BROKEN
            took = time.monotonic() - sent
            return Answer(status, sent - began, took, float(retry_after) if retry_after else None, body)

        yield ask


def poisson_times(rate: float, seconds: float, seed: int) -> list[float]:
    """Times of a Poisson process in `[0, seconds)`, given that as many arrive as are expected.

    Given their number, they are independent and uniform; so no run has more than its load by chance.
    """
    count = round(rate * seconds)
    return sorted(map(float, np.random.default_rng(seed).uniform(0, seconds, count)))


def percentiles(answers: Iterable[Answer]) -> dict[str, float]:
    """Of the times until an answer, in so far as there was one."""
    took = [answer.took_s for answer in answers if answer.status == OK]
    return {f"p{share}_s": round(float(np.percentile(took, share)), 4) for share in (50, 95, 99)}


def throughput(answers: Iterable[Answer]) -> float:
    """Answers a second, from the start to the last of them."""
    ends = [answer.sent_s + answer.took_s for answer in answers if answer.status == OK]
    return len(ends) / max(ends)


def goodput(answers: Iterable[Answer], start_s: float, end_s: float, within_s: float) -> float:
    """Answers a second that came in `[start_s, end_s)`, and each within `within_s` of its request."""
    good = [
        answer
        for answer in answers
        if answer.status == OK
        and answer.took_s <= within_s
        and start_s <= answer.sent_s + answer.took_s < end_s
    ]
    return len(good) / (end_s - start_s)


def ends(answers: Iterable[Answer]) -> dict[str, int]:
    """How many were answered, refused (and told when to ask again), and failed."""
    statuses = [answer.status for answer in answers]
    refused = [answer for answer in answers if answer.status in REFUSED]
    return {
        "answered": statuses.count(OK),
        "refused": len(refused),
        "refused_with_retry_after": sum(answer.retry_after_s is not None for answer in refused),
        "failed": len(statuses) - statuses.count(OK) - len(refused),
    }
