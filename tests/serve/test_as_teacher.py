"""jobs/generate.py with this project's own endpoint as the teacher, behind a proxy that fails on order."""

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import httpx
import numpy as np
import pytest
from PIL import Image

ROOT = Path(__file__).resolve().parents[2]
FAULTS = ("429", "500", "cut", "no JSON")
pytestmark = pytest.mark.slow


@dataclass
class Proxy:
    """Passes requests on to the endpoint, but for the first ones, which fail."""

    target: str
    url: str = ""
    faults: list[str] = field(default_factory=lambda: list(FAULTS))
    keys: set[str] = field(default_factory=set)
    answers: list[httpx.Response] = field(default_factory=list)
    """Of the endpoint."""

    def handler(self) -> type[BaseHTTPRequestHandler]:
        proxy = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["content-length"]))
                fault = proxy.faults.pop(0) if proxy.faults else None
                if fault == "cut":
                    self._send(200, b'{"choices": [', length=1000)
                elif fault == "no JSON":
                    self._send(200, b"<html>Gateway</html>")
                elif fault:
                    self._send(int(fault), b"{}")
                else:
                    headers = {name: self.headers[name] for name in ("authorization", "content-type")}
                    proxy.keys.add(self.headers["authorization"])
                    with httpx.Client(trust_env=False, timeout=200) as client:
                        answer = client.post(proxy.target + self.path, content=body, headers=headers)
                    proxy.answers.append(answer)
                    self._send(answer.status_code, answer.content)

            def _send(self, status: int, body: bytes, length: int | None = None) -> None:
                self.send_response(status)
                self.send_header("retry-after", "0")
                self.send_header("content-length", str(length or len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_: object) -> None: ...

        return Handler


@pytest.fixture
def proxy(endpoint: str) -> Iterator[Proxy]:
    made = Proxy(endpoint)
    with ThreadingHTTPServer(("127.0.0.1", 0), made.handler()) as server:
        made.url = f"http://127.0.0.1:{server.server_port}/v1"
        Thread(target=server.serve_forever, daemon=True).start()
        yield made
        server.shutdown()


@pytest.fixture
def archive(tmp_path: Path) -> Path:
    """Three micrographs, and prompts as short as the tiny model's context."""
    for number in range(3):
        noise = np.random.default_rng(number).integers(0, 255, (64, 80), np.uint8)
        (tmp_path / "in").mkdir(exist_ok=True)
        Image.fromarray(noise).save(tmp_path / "in" / f"{number}.png")
    (tmp_path / "system.jinja").write_text("Teach.")
    (tmp_path / "user.jinja").write_text("What do you see?")
    return tmp_path


def test_every_image_is_accounted_for(proxy: Proxy, archive: Path, authorization: dict[str, str]) -> None:
    """A model with random weights does not close its strings: each answer is well-formed, and unreadable."""
    command = ["--input", str(archive / "in"), "--output", str(archive / "out"), "--prompts", str(archive)]
    command += ["--teacher", proxy.url, "--teacher-model", "slava:auto", "--api-key-env", "TEACHER_KEY"]
    command += ["--retry-wait-s", "0.01", "--retries", "4", "--concurrency", "1", "--max-error-rate", "1"]
    command += ["--max-answer-tokens", "48"]
    key = authorization["authorization"].removeprefix("Bearer ")
    with tempfile.TemporaryDirectory(prefix="slava-") as ray:  # short: Ray's sockets lie there
        own = {"RAY_TMPDIR": ray, "RAY_USAGE_STATS_ENABLED": "0", "TEACHER_KEY": key}
        inherited = {name: value for name, value in os.environ.items() if name != "RAY_ADDRESS"}
        job = subprocess.run(
            [sys.executable, "jobs/generate.py", *command],
            cwd=ROOT,
            env=inherited | own,
            capture_output=True,
            text=True,
        )
    assert job.returncode == 0, job.stderr
    assert proxy.faults == []
    assert proxy.keys == {authorization["authorization"]}
    assert [answer.status_code for answer in proxy.answers] == [200] * len(proxy.answers), proxy.answers[
        0
    ].text
    for answer in proxy.answers:
        assert answer.json()["choices"][0]["message"]["content"].lstrip().startswith("{")
        assert answer.json()["slava"]["expert"]
    report = json.loads((archive / "out" / "report.json").read_text())
    assert sum(report["images"].values()) == 3
    assert report["requests"] == len(FAULTS) + len(proxy.answers)
    assert report["answer_tokens"] > 0
