"""The main job from end to end on this machine: draw an archive, start Ray, screen, report, stop Ray.

    make demo                               # or: python jobs/demo.py --count 200 --output demo

Everything stays on the loopback interface; Ray asks for a token that lives as long as the demo.
"""

import os
import re
import secrets
import shlex
import shutil
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

from annotated_types import Ge
from pydantic import BaseModel, ConfigDict

from slava.cli import run
from slava.local_ray import OFFLINE, local_ray
from slava.synth.archive import write_archive

ROOT = Path(__file__).resolve().parent.parent
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


if __name__ == "__main__":
    sys.exit(run(DemoConfig, main, "jobs/demo.py"))
