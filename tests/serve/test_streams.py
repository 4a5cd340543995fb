"""A stream gives back what it holds, even if nobody ever listened."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack

import pytest
from starlette.requests import ClientDisconnect

from serve.slots import Slots
from serve.streams import HeldStream

SCOPE = {"type": "http", "asgi": {"spec_version": "2.4"}, "method": "GET", "path": "/"}


async def _words() -> AsyncIterator[str]:
    yield "data: word\n\n"
    yield "data: [DONE]\n\n"


async def _receive() -> dict[str, str]:
    await asyncio.sleep(60)
    return {"type": "http.disconnect"}


def _held(slots: Slots) -> HeldStream:
    stack = AsyncExitStack()
    stack.enter_context(slots.one())
    return HeldStream(_words(), stack, {})


def test_a_place_comes_back_after_the_last_word() -> None:
    slots, sent = Slots(1), []

    async def send(message: dict[str, object]) -> None:
        sent.append(message.get("body"))

    asyncio.run(_held(slots)(SCOPE, _receive, send))
    assert sent == [None, b"data: word\n\n", b"data: [DONE]\n\n", b""]
    assert slots.taken == 0


def test_a_place_comes_back_from_a_client_that_was_gone_before_the_first_word() -> None:
    slots = Slots(1)

    async def send(_: object) -> None:
        raise OSError("gone")

    with pytest.raises(ClientDisconnect):
        asyncio.run(_held(slots)(SCOPE, _receive, send))
    assert slots.taken == 0
