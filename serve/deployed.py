"""The endpoint as `serve deploy` brings it up, on a Ray and a port of its own: for load test and tests."""

import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import yaml

from slava.local_ray import OFFLINE, free_port, local_ray

ROOT = Path(__file__).parents[1]
START_S = 600
MARK = "SLAVA_ENDPOINT_PORT"
"""In the environment of all processes of an endpoint."""


@dataclass(frozen=True)
class Deployed:
    """An endpoint that answers."""

    url: str
    port: int
    deploy: Callable[[dict[str, Any]], None]
    """`serve deploy` of the same file with some arguments changed; it does not wait."""


@contextmanager
def deployed(folder: Path, arguments: dict[str, Any], haproxy: bool = False) -> Iterator[Deployed]:
    """`serve deploy` of serve/config.yaml with these arguments; gone with all its processes at the end.

    `haproxy`: as docs/serve.md sets it up for a cluster, instead of behind Serve's proxy in Python.
    """
    port = free_port()
    config = yaml.safe_load((ROOT / "serve" / "config.yaml").read_text())
    config["http_options"] |= {"port": port, "request_timeout_s": 400}
    path = folder / "endpoint.yaml"
    environment = {**os.environ, **OFFLINE, "PYTHONPATH": str(ROOT), MARK: str(port)}
    environment |= _haproxy() if haproxy else {}
    environment["PATH"] = f"{Path(sys.executable).parent}:{environment['PATH']}"

    def call(*command: str) -> str:
        done = subprocess.run(command, env=environment, cwd=ROOT, check=False, capture_output=True, text=True)
        if done.returncode:
            raise RuntimeError(f"{' '.join(command)}: {done.stderr[-3000:]}")
        return done.stdout

    # A token in a file: with RAY_AUTH_TOKEN alone the part of the dashboard that deploys dies (Ray 2.60).
    token = call("ray", "get-auth-token", "--generate").split()[-1]
    with local_ray(folder, environment) as dashboard:

        def deploy(changed: dict[str, Any]) -> None:
            config["applications"][0]["args"] = arguments | changed
            path.write_text(yaml.safe_dump(config))
            call("serve", "deploy", "--address", dashboard, str(path))

        deploy({})
        url = f"http://127.0.0.1:{port}"
        _wait(url, dashboard, token)
        yield Deployed(url, port, deploy)


def _haproxy() -> dict[str, str]:
    """Ray's settings for HAProxy, with ports of its own for what it tells of itself."""
    ports = {f"RAY_SERVE_HAPROXY_{name}_PORT": str(free_port()) for name in ("METRICS", "STATS")}
    return ports | {"RAY_SERVE_ENABLE_HA_PROXY": "1", "RAY_SERVE_THROUGHPUT_OPTIMIZED": "1"}


def _wait(url: str, dashboard: str, token: str) -> None:
    """Until the endpoint answers. Raises RuntimeError when it never will, or takes too long."""
    deadline, told = time.monotonic() + START_S, ""
    headers = {"Authorization": f"Bearer {token}"}
    with httpx.Client(timeout=10, trust_env=False) as client:
        while time.monotonic() < deadline:
            with suppress(httpx.HTTPError):
                if client.get(f"{url}/ready").status_code == 200:
                    return
                found = client.get(f"{dashboard}/api/serve/applications/", headers=headers)
                status = found.raise_for_status().json()["applications"]["slava"]
                told = f"{status['status']}: {status['message']}"
                if status["status"] == "DEPLOY_FAILED":
                    break
            time.sleep(2)
    raise RuntimeError(f"the endpoint did not come up: {told[-3000:]}")
