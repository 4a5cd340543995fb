"""A Ray of our own on this machine, for the demo, the benches and the tests: on loopback, with a token."""

import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from slava.cli import UsageError
from slava.clusters import LOOPBACK, UNHEARD

OFFLINE = {  # nothing calls home: tests/jobs/test_demo.py
    **UNHEARD,
    "VLLM_NO_USAGE_STATS": "1",
    "DO_NOT_TRACK": "1",
    "HF_HUB_OFFLINE": "1",
    "HF_HUB_DISABLE_TELEMETRY": "1",
    "TQDM_DISABLE": "1",
    "RAY_AUTH_MODE": "token",
}
"""The environment of Ray and of what is sent to it."""
START_SECONDS = 90


@contextmanager
def local_ray(folder: Path, environment: dict[str, str]) -> Iterator[str]:
    """A Ray of our own on loopback; only what was started here is stopped, not another Ray beside it."""
    port, dashboard = free_port(), free_port()
    command = ["ray", "start", "--head", "--block", "--disable-usage-stats"]
    command += ["--node-ip-address", LOOPBACK, "--port", str(port)]
    command += ["--dashboard-host", "127.0.0.1", "--dashboard-port", str(dashboard)]
    folder.mkdir(parents=True, exist_ok=True)
    log = folder / "ray.log"
    # Whoever was served has gone when this ends: Ray would wait half a minute for Serve's proxies to drain.
    own = {**environment, "RAY_GRACEFUL_SHUTDOWN_DRAIN_TIMEOUT_S": "0"}
    with log.open("w") as file:
        head = subprocess.Popen(command, env=own, stdout=file, stderr=file, start_new_session=True)
    try:
        _wait(dashboard, head, log)
        yield f"http://127.0.0.1:{dashboard}"
    finally:
        head.terminate()
        head.wait(timeout=60)


def _wait(port: int, head: "subprocess.Popen[bytes]", log: Path) -> None:
    """Until the job server answers. Raises UsageError if Ray gives up or takes too long."""
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline and head.poll() is None:
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.5)
    raise UsageError(f"Ray did not start within {START_SECONDS} s; its words are in {log}")


def free_port() -> int:
    """A port of loopback that nobody listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
