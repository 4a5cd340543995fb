"""The main job from end to end on this machine: draw an archive, start Ray, screen, report, stop Ray.

    make demo                               # or: python jobs/demo.py --count 200 --output demo

Everything stays on the loopback interface; Ray asks for a token that lives as long as the demo.
"""

import os
import re
import secrets
import shlex
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
from slava.clusters import LOOPBACK
from slava.synth.archive import write_archive

ROOT = Path(__file__).resolve().parent.parent
OFFLINE = {  # nothing calls home: tests/jobs/test_demo.py
    "RAY_USAGE_STATS_ENABLED": "0",
    "VLLM_NO_USAGE_STATS": "1",
    "DO_NOT_TRACK": "1",
    "HF_HUB_OFFLINE": "1",
    "HF_HUB_DISABLE_TELEMETRY": "1",
    "TQDM_DISABLE": "1",
    "RAY_AUTH_MODE": "token",
    # With usage statistics off, Ray's dashboard still reports that they are off, and asks the cloud's
    # metadata service where it runs (ray/dashboard/modules/usage_stats). A proxy that is not there stops it.
    "HTTP_PROXY": "http://127.0.0.1:9",
    "HTTPS_PROXY": "http://127.0.0.1:9",
    "NO_PROXY": "127.0.0.0/8,localhost,::1",
}
START_SECONDS = 90
RAY_LOG = re.compile(r"\[?(\d{4}-\d\d-\d\d |\w+ \d\d-\d\d )\d\d:\d\d:\d\d|\[transformers\]|No cloud storage")
"""Ray's and vLLM's own log lines, of which a screening brings a hundred."""


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
        status = submit(address, job, environment, config.output / "job.log")
    print(f"the demo took {time.monotonic() - began:.0f} s; open {screening / 'report.html'}", flush=True)
    return status


def submit(address: str, job: Sequence[str], environment: dict[str, str], log: Path) -> int:
    """`ray job submit`; all of its output goes to `log`, what the job itself says also to ours."""
    command = ["ray", "job", "submit", "--log-color", "false", "--log-style", "record"]
    command += ["--address", address, "--working-dir", str(ROOT), "--", *job]
    print(f"$ {shlex.join(command)}", flush=True)
    out, both = subprocess.PIPE, subprocess.STDOUT
    with subprocess.Popen(command, env=environment, cwd=ROOT, stdout=out, stderr=both, text=True) as process:
        with log.open("w") as file:
            for line in process.stdout or ():
                file.write(line)
                if not RAY_LOG.match(line):
                    print(line, end="", flush=True)
        return process.wait()


@contextmanager
def local_ray(folder: Path, environment: dict[str, str]) -> Iterator[str]:
    """A Ray of our own on loopback; only what was started here is stopped, not another Ray beside it."""
    port, dashboard = _free_port(), _free_port()
    command = ["ray", "start", "--head", "--block", "--disable-usage-stats"]
    command += ["--node-ip-address", LOOPBACK, "--port", str(port)]
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
