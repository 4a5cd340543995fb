"""Parts of the endpoint die, and clients notice a delay."""

import os
import signal
from concurrent.futures import ThreadPoolExecutor

import httpx
import psutil
import pytest

from serve.deployed import MARK, Deployed

pytestmark = pytest.mark.slow


def _replica(running: Deployed, deployment: str) -> psutil.Process:
    """The process of a deployment, of this endpoint and not of another."""
    [found] = [
        process
        for process in psutil.process_iter(["name", "cmdline"])
        if f"ServeReplica:slava:{deployment}" in " ".join(process.info["cmdline"] or [])
        and process.environ().get(MARK) == str(running.port)
    ]
    return found


@pytest.mark.parametrize("deployment", ["Engine", "Vision"])
def test_a_killed_part_comes_back_and_no_answer_is_lost(
    running: Deployed, authorization: dict[str, str], deployment: str
) -> None:
    body = {"messages": [{"role": "user", "content": "Describe."}], "max_tokens": 400}

    def ask(_: int) -> int:
        url = f"{running.url}/v1/chat/completions"
        return httpx.post(url, json=body, headers=authorization, timeout=400).status_code

    with ThreadPoolExecutor(4) as pool:
        answers = [pool.submit(ask, index) for index in range(4)]
        os.kill(_replica(running, deployment).pid, signal.SIGKILL)
        assert [answer.result() for answer in answers] == [200] * 4
    assert ask(0) == 200
