"""Parts of the endpoint die, and clients notice a delay."""

import os
import signal
import time
from concurrent.futures import ThreadPoolExecutor

import httpx
import psutil
import pytest

from serve.deployed import Deployed
from tests.serve.conftest import processes

pytestmark = [pytest.mark.slow, pytest.mark.thorough]


def _replicas(running: Deployed, deployment: str) -> set[int]:
    """The processes of a deployment."""
    return processes(running, f"ServeReplica:slava:{deployment}")


def _ask(running: Deployed, authorization: dict[str, str]) -> int:
    body = {"messages": [{"role": "user", "content": "Describe."}], "max_tokens": 400}
    url = f"{running.url}/v1/chat/completions"
    return httpx.post(url, json=body, headers=authorization, timeout=400).status_code


@pytest.mark.parametrize("deployment", ["Engine", "Vision"])
def test_a_killed_part_comes_back_and_no_answer_is_lost(
    running: Deployed, authorization: dict[str, str], deployment: str
) -> None:
    with ThreadPoolExecutor(4) as pool:
        answers = [pool.submit(_ask, running, authorization) for _ in range(4)]
        [replica] = _replicas(running, deployment)
        os.kill(replica, signal.SIGKILL)
        assert [answer.result() for answer in answers] == [200] * 4
    assert _ask(running, authorization) == 200


def test_a_new_deployment_drains_the_old_one(running: Deployed, authorization: dict[str, str]) -> None:
    """`serve deploy` of a changed file, under load: every question has its answer."""
    parts = ("Ingress", "Vision", "Engine")
    old = set().union(*(_replicas(running, part) for part in parts))
    running.deploy({"tower_wait_s": 0.006})
    statuses: list[int] = []
    deadline = time.monotonic() + 400
    with ThreadPoolExecutor(4) as pool:
        while any(map(psutil.pid_exists, old)) and time.monotonic() < deadline:
            statuses += pool.map(lambda _: _ask(running, authorization), range(4))
        statuses += pool.map(lambda _: _ask(running, authorization), range(4))
    assert not any(map(psutil.pid_exists, old))
    assert set(statuses) == {200}
