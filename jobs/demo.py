"""The main job from end to end on this machine: draw an archive, start Ray, screen, report, stop Ray.

    make demo                               # or: python jobs/demo.py --count 200 --output demo

Everything stays on the loopback interface; Ray asks for a token that lives as long as the demo.
"""

import os
import secrets
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

from annotated_types import Ge
from pydantic import BaseModel, ConfigDict

from slava.cli import UsageError, run
from slava.synth.archive import write_archive

ROOT = Path(__file__).resolve().parent.parent
OFFLINE = {
    "RAY_USAGE_STATS_ENABLED": "0",
    "VLLM_NO_USAGE_STATS": "1",
    "DO_NOT_TRACK": "1",
    "HF_HUB_OFFLINE": "1",
    "HF_HUB_DISABLE_TELEMETRY": "1",
    "RAY_AUTH_MODE": "token",
}
START_SECONDS = 90


class DemoConfig(BaseModel):
    """Draw a sample archive with a few broken files, and screen it on a local Ray."""

    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)

    output: Path = Path("demo")
    """Folder for the archive and the screening; what an earlier demo left there is replaced."""
    count: Annotated[int, Ge(10)] = 200
    """Micrographs to draw."""
    broken: Annotated[int, Ge(0)] = 6
    """Broken files among them."""


def main(config: DemoConfig) -> int:
    """Run the demo; the exit status is the screening's."""
    archive, screening = config.output.absolute() / "archive", config.output.absolute() / "screening"
    for folder in (archive, screening):
        shutil.rmtree(folder, ignore_errors=True)
    began = time.monotonic()
    print(f"drawing {config.count} micrographs and {config.broken} broken files into {archive}", flush=True)
    write_archive(archive, config.count, config.broken)
    environment = {**os.environ, **OFFLINE, "RAY_AUTH_TOKEN": secrets.token_hex(32)}
    environment["PATH"] = f"{Path(sys.executable).parent}:{environment['PATH']}"
    with local_ray(config.output.absolute(), environment) as address:
        job = ["python", "jobs/screen.py", "--input", str(archive), "--output", str(screening)]
        status = submit(address, job, environment)
    print(f"the demo took {time.monotonic() - began:.0f} s; open {screening / 'report.html'}", flush=True)
    return status


def submit(address: str, job: Sequence[str], environment: dict[str, str]) -> int:
    """`ray job submit`, with its log on our output; its exit status."""
    command = ["ray", "job", "submit", "--log-style", "record", "--address", address, "--working-dir", str(ROOT)]
    print(f"$ {' '.join(command)} -- {' '.join(job)}", flush=True)
    return subprocess.run([*command, "--", *job], env=environment, cwd=ROOT, check=False).returncode


@contextmanager
def local_ray(folder: Path, environment: dict[str, str]) -> Iterator[str]:
    """A Ray of our own on loopback; only what was started here is stopped, not another Ray beside it."""
    port, dashboard = _free_port(), _free_port()
    command = ["ray", "start", "--head", "--block", "--disable-usage-stats"]
    command += ["--node-ip-address", "127.0.0.1", "--port", str(port)]
    command += ["--dashboard-host", "127.0.0.1", "--dashboard-port", str(dashboard)]
    folder.mkdir(parents=True, exist_ok=True)
    log = folder / "ray.log"
    with log.open("w") as file:
        head = subprocess.Popen(command, env=environment, stdout=file, stderr=file, start_new_session=True)
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


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


if __name__ == "__main__":
    sys.exit(run(DemoConfig, main, "jobs/demo.py"))
