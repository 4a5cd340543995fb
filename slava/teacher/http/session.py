"""Asks an endpoint with patience: what Ray's HTTP stage uses in place of a bare aiohttp session.

Ray's own patience (ray 2.60) does not do: it sends a batch one request after another, waits after a 429
without reading Retry-After, takes an answer of 500 for an answer, and ends the whole run when one request
has failed for good. Here each request under way is a task, and every request ends in an Outcome.
"""

import asyncio
import json
import random
import time
from dataclasses import asdict, dataclass, field
from functools import cached_property
from typing import Any

import aiohttp

from slava.teacher.http.answers import AnswerError, Refused, read_content, read_triples, read_usage
from slava.teacher.http.budget import Budget, Limits, Prices, Usage

RETRIED = {408, 409, 425, 429, 500, 502, 503, 504, 529}
LONGEST_WAIT = 60.0
"""Seconds; an endpoint that names a longer one is believed up to ten times that."""
LOOK_AGAIN = 0.05
"""Seconds between looks at a budget that others hold."""
SHOWN = 400
"""Characters of an error that are kept."""
PICTURE_TOKENS = 4096
"""The most that an endpoint may count for a picture, as far as the budget is concerned."""


@dataclass(frozen=True)
class Outcome:
    """How a request ended, as JSON carries it."""

    status: str
    """answered, unreadable (no retry gave triples), refused, failed (no answer at all) or unaffordable."""
    content: str
    """The reply where there was one, else what went wrong."""
    prompt_tokens: int
    answer_tokens: int
    requests: int


@dataclass(frozen=True)
class Asking:
    """Makes sessions, one a batch, that keep together to a budget and a number of requests under way."""

    key: str | None = field(repr=False)
    """Sent as a bearer token, and nowhere else."""
    concurrency: int
    retries: int
    timeout_s: float
    wait_s: float
    """Before the first retry; doubled each time."""
    limits: Limits
    prices: Prices
    spent: Usage

    def __call__(self) -> "PatientSession":
        """A session for one batch."""
        return PatientSession(self, self.shared)

    @cached_property
    def shared(self) -> "Shared":
        """What the sessions of this worker share; made there, since it cannot travel."""
        return Shared(self)


class Shared:
    """What all sessions of a worker have in common."""

    def __init__(self, asking: Asking) -> None:
        self.budget = Budget(asking.limits, asking.prices, asking.spent)
        self.slots = asyncio.Semaphore(asking.concurrency)
        self.quiet_until = 0.0
        """By time.monotonic(): nothing is sent before."""


class PatientSession:
    """The part of aiohttp.ClientSession that Ray's stage uses."""

    def __init__(self, asking: Asking, shared: Shared) -> None:
        self.asking, self.shared = asking, shared

    async def __aenter__(self) -> "PatientSession":
        headers = {"Authorization": f"Bearer {self.asking.key}"} if self.asking.key else {}
        self.client = aiohttp.ClientSession(
            headers=headers, timeout=aiohttp.ClientTimeout(total=self.asking.timeout_s)
        )
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.client.close()

    def post(self, url: str, headers: dict[str, str], data: str) -> "asyncio.Task[Finished]":
        """Start asking; `data` is the request's JSON as a JSON string: Ray would give dictionaries nulls."""
        return asyncio.create_task(self._asked(url, headers, json.loads(data)))

    async def _asked(self, url: str, headers: dict[str, str], body: str) -> "Finished":
        async with self.shared.slots:
            attempts = Attempts(self, url, headers, body)
            return Finished(await attempts.outcome())


class Attempts:
    """One request, as often as it takes."""

    def __init__(self, session: PatientSession, url: str, headers: dict[str, str], body: str) -> None:
        self.session, self.asking, self.shared = session, session.asking, session.shared
        self.url, self.headers, self.body = url, headers, body
        self.most = _most(body)
        self.taken, self.sent = Usage(), 0
        self.status, self.content = "failed", "not sent"

    async def outcome(self) -> Outcome:
        """Ask until there are triples, or no reason to ask again."""
        for attempt in range(self.asking.retries + 1):
            if attempt:
                await asyncio.sleep(self._wait(attempt - 1))
            await self._until_quiet()
            if not await self._reserved():
                return self._end("unaffordable", "the budget is spent")
            taken, self.taken = self.taken, Usage()
            is_last = await self._once()
            self.shared.budget.settle(self.most, self.taken)
            self.taken += taken
            if is_last:
                break
        return self._end(self.status, self.content)

    async def _reserved(self) -> bool:
        """Whether the budget suffices, at the latest when those under way have taken less than they might."""
        while not self.shared.budget.reserve(self.most):
            if not self.shared.budget.reserved.total:
                return False
            await asyncio.sleep(LOOK_AGAIN)
        return True

    async def _once(self) -> bool:
        """One try; whether it was the last."""
        self.sent += 1
        try:
            async with self.session.client.post(
                self.url, headers=self.headers, data=self.body, allow_redirects=False
            ) as response:
                text = await response.text(errors="replace")
                status, after = response.status, response.headers.get("Retry-After")
        except (aiohttp.ClientError, TimeoutError) as error:
            return self._went("failed", f"{type(error).__name__}: {error}"[:SHOWN], is_last=False)
        if status == 200:
            return self._read(text)
        if status in (429, 503):
            self._hush(after)
        words = " ".join(text.split())[:SHOWN]
        return self._went("failed", f"HTTP {status}: {words}", is_last=status not in RETRIED)

    def _read(self, text: str) -> bool:
        try:
            body = json.loads(text)
        except (ValueError, RecursionError):
            return self._went("unreadable", text[:SHOWN], is_last=False)
        self.taken = read_usage(body) or self.most
        content = text[:SHOWN]
        try:
            content = read_content(body)
            read_triples(content)
        except Refused as refusal:
            return self._went("refused", str(refusal), is_last=True)
        except AnswerError:
            return self._went("unreadable", content, is_last=False)
        return self._went("answered", content, is_last=True)

    def _went(self, status: str, content: str, is_last: bool) -> bool:
        self.status, self.content = status, content
        return is_last

    def _hush(self, after: str | None) -> None:
        """All requests wait as long as the endpoint asks for."""
        try:
            seconds = min(max(float(after or 0), 0.0), 10 * LONGEST_WAIT)
        except ValueError:  # a date: rare, and the back-off does
            seconds = 0.0
        self.shared.quiet_until = max(self.shared.quiet_until, time.monotonic() + seconds)

    async def _until_quiet(self) -> None:
        while (left := self.shared.quiet_until - time.monotonic()) > 0:
            await asyncio.sleep(left)

    def _wait(self, attempt: int) -> float:
        """Exponential back-off with jitter, so that those refused together do not come back together."""
        return min(self.asking.wait_s * 2.0**attempt, LONGEST_WAIT) * random.uniform(0.5, 1.0)

    def _end(self, status: str, content: str) -> Outcome:
        return Outcome(status, content, self.taken.prompt, self.taken.answer, self.sent)


@dataclass(frozen=True)
class Finished:
    """The part of aiohttp.ClientResponse that Ray's stage uses."""

    outcome: Outcome
    status: int = 200
    reason: str = ""

    async def __aenter__(self) -> "Finished":
        return self

    async def __aexit__(self, *_: object) -> None: ...

    async def json(self) -> dict[str, Any]:
        """Text in one column of one type, whatever happened."""
        return {"outcome": json.dumps(asdict(self.outcome))}


def _most(body: str) -> Usage:
    """The most that a request can take: a token is a byte at the least, a picture has a bound."""
    request = json.loads(body)
    texts = (len(_text(message["content"]).encode()) for message in request["messages"])
    return Usage(sum(texts) + PICTURE_TOKENS, request["max_tokens"])


def _text(content: Any) -> str:
    return content if isinstance(content, str) else "".join(part.get("text", "") for part in content)
