"""The endpoint behind HAProxy, as docs/serve.md sets it up for a cluster."""

import os
import signal
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from serve.app import app
from serve.config import ServeConfig
from serve.deployed import Deployed, deployed
from slava.cli import UsageError
from tests.serve.conftest import processes

QUESTION = {"messages": [{"role": "user", "content": "Describe."}], "max_tokens": 8}


@pytest.fixture(scope="module")
def proxied(
    tiny_checkpoint: Path,
    key_file: Path,
    authorization: dict[str, str],
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[tuple[Deployed, httpx.Client]]:
    """An endpoint behind HAProxy, and a client with a key."""
    folder = tmp_path_factory.mktemp("haproxy")
    arguments = {"model": str(tiny_checkpoint), "experts": "none", "keys": str(key_file)}
    with (
        deployed(folder, arguments, haproxy=True) as running,
        httpx.Client(base_url=running.url, headers=authorization, timeout=120) as client,
    ):
        yield running, client


def test_without_keys_it_does_not_start(monkeypatch: pytest.MonkeyPatch) -> None:
    """HAProxy tells nothing of where a request came from, so "this machine only" would be everybody."""
    monkeypatch.setenv("RAY_SERVE_ENABLE_HA_PROXY", "1")
    with pytest.raises(UsageError, match="keys=FILE"):
        app(ServeConfig())


@pytest.mark.slow
@pytest.mark.thorough
def test_it_answers_who_has_a_key(proxied: tuple[Deployed, httpx.Client]) -> None:
    running, client = proxied
    answer = client.post("/v1/chat/completions", json=QUESTION, headers={"x-request-id": "lot-42"})
    assert answer.status_code == 200
    assert answer.headers["x-request-id"] == "lot-42"
    refused = httpx.post(f"{running.url}/v1/chat/completions", json=QUESTION)
    assert (refused.status_code, refused.json()["error"]["code"]) == (401, "invalid_api_key")
    assert processes(running, "haproxy.cfg")  # and not by way of the proxy in Python


@pytest.mark.slow
@pytest.mark.thorough
def test_a_stream_comes_piece_by_piece(proxied: tuple[Deployed, httpx.Client]) -> None:
    _, client = proxied
    with client.stream("POST", "/v1/chat/completions", json=QUESTION | {"stream": True}) as answer:
        events = [line for line in answer.iter_lines() if line]
    assert answer.headers["content-type"].startswith("text/event-stream")
    assert len(events) > 2
    assert events[-1] == "data: [DONE]"


@pytest.mark.slow
@pytest.mark.thorough
def test_a_killed_ingress_comes_back(proxied: tuple[Deployed, httpx.Client]) -> None:
    running, client = proxied
    [ingress] = processes(running, "ServeReplica:slava:Ingress")
    os.kill(ingress, signal.SIGKILL)
    deadline = time.monotonic() + 120
    status = 0
    while status != 200 and time.monotonic() < deadline:
        time.sleep(1)
        status = client.post("/v1/chat/completions", json=QUESTION).status_code
    assert status == 200
