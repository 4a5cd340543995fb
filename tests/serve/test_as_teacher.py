"""jobs/generate.py with this project's own endpoint as the teacher, behind a proxy that fails on order."""

import json
import os
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import httpx
import numpy as np
import pyarrow.parquet as pq
import pytest
from PIL import Image

from slava.datasets import image_id

ROOT = Path(__file__).resolve().parents[2]
RETRIES = 4
DOWN, LONG, FLAKY, GOOD = range(4)
"""The pictures in the order in which they are first asked about."""
FAULTS = {DOWN: ["500"] * (RETRIES + 1), FLAKY: ["429", "500", "cut", "no JSON"]}
"""What becomes of the first requests about a picture."""
TRIPLE = {
    "question": {"enum": ["Is the surface rough?", "What stands out of the noise?"]},
    "reasoning": {"enum": ["", "Grey values change from pixel to pixel."]},
    "answer": {"enum": ["It is rough all over.", "Nothing stands out."]},
}
pytestmark = [pytest.mark.slow, pytest.mark.thorough]


@dataclass
class Proxy:
    """Passes requests on to the endpoint, but for those that fail on order.

    A model with random weights closes a string by chance: the schema that the answer keeps to is narrowed on
    the way, to texts among which it may choose. One picture's answers stay free, and are cut off.
    """

    target: str
    url: str = ""
    faults: dict[int, list[str]] = field(default_factory=lambda: {p: list(f) for p, f in FAULTS.items()})
    pictures: list[str] = field(default_factory=list)
    asked: list[int] = field(default_factory=list)
    """The picture of each request."""
    keys: set[str] = field(default_factory=set)
    answers: list[httpx.Response] = field(default_factory=list)
    """Of the endpoint."""

    def fault(self, request: dict[str, Any]) -> str | None:
        """What is to go wrong with this request."""
        uri = request["messages"][1]["content"][0]["image_url"]["url"]
        if uri not in self.pictures:
            self.pictures.append(uri)
        self.asked.append(self.pictures.index(uri))
        left = self.faults.get(self.asked[-1])
        return left.pop(0) if left else None

    def passed_on(self, path: str, request: dict[str, Any], headers: dict[str, str]) -> httpx.Response:
        """The endpoint's answer."""
        triples = request["response_format"]["json_schema"]["schema"]["properties"]["triples"]
        triples |= {"minItems": 1, "maxItems": 2}
        if self.asked[-1] == LONG:
            request["max_tokens"] = 64
        else:
            triples["items"]["properties"] |= TRIPLE
        with httpx.Client(trust_env=False, timeout=200) as client:
            self.answers.append(client.post(self.target + path, json=request, headers=headers))
        return self.answers[-1]

    def handler(self) -> type[BaseHTTPRequestHandler]:
        """Of one request at a time."""
        proxy = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                request = json.loads(self.rfile.read(int(self.headers["content-length"])))
                proxy.keys.add(self.headers["authorization"])
                fault = proxy.fault(request)
                if fault == "cut":
                    self._send(200, b'{"choices": [', length=1000)
                elif fault == "no JSON":
                    self._send(200, b"<html>Gateway</html>")
                elif fault:
                    self._send(int(fault), b'{"error": {"message": "made to fail"}}')
                else:
                    headers = {"authorization": self.headers["authorization"]}
                    answer = proxy.passed_on(self.path, request, headers)
                    self._send(answer.status_code, answer.content)

            def _send(self, status: int, body: bytes, length: int | None = None) -> None:
                self.send_response(status)
                if status == 429:
                    self.send_header("retry-after", "1")
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
    """Four micrographs, and prompts as short as the tiny model's context."""
    (tmp_path / "in").mkdir()
    for number in range(4):
        noise = np.random.default_rng(number).integers(0, 255, (64, 80), np.uint8)
        Image.fromarray(noise).save(tmp_path / "in" / f"{number}.png")
    (tmp_path / "system.jinja").write_text("Teach.")
    (tmp_path / "user.jinja").write_text("What do you see?")
    return tmp_path


def _run(archive: Path, url: str, authorization: dict[str, str]) -> None:
    command = ["--input", str(archive / "in"), "--output", str(archive / "out"), "--prompts", str(archive)]
    command += ["--teacher", url, "--teacher-model", "slava:auto", "--api-key-env", "TEACHER_KEY"]
    command += ["--retry-wait-s", "0.01", "--retries", str(RETRIES), "--concurrency", "1"]
    command += ["--max-error-rate", "1", "--max-answer-tokens", "320"]
    key = authorization["authorization"].removeprefix("Bearer ")
    with tempfile.TemporaryDirectory(prefix="slava-") as ray:  # short: Ray's sockets lie there
        own = {"RAY_TMPDIR": ray, "RAY_USAGE_STATS_ENABLED": "0", "TEACHER_KEY": key}
        environment = {name: value for name, value in os.environ.items() if name != "RAY_ADDRESS"} | own
        job = [sys.executable, "jobs/generate.py", *command]
        done = subprocess.run(job, cwd=ROOT, env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


def _rows(archive: Path, folder: str) -> list[dict[str, Any]]:
    return pq.read_table(archive / "out" / folder).to_pylist()


def _report(archive: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((archive / "out" / "report.json").read_text())
    return found


def _is_cut(choice: dict[str, Any]) -> bool:
    return choice["finish_reason"] == "length"


def test_every_image_is_accounted_for_and_none_asked_twice(
    proxy: Proxy, archive: Path, authorization: dict[str, str]
) -> None:
    _run(archive, proxy.url, authorization)
    first, report = list(proxy.asked), _report(archive)
    assert proxy.faults == {DOWN: [], FLAKY: []}
    assert proxy.keys == {authorization["authorization"]}
    assert [answer.status_code for answer in proxy.answers] == [200] * len(proxy.answers)
    assert all(answer.json()["slava"]["expert"] for answer in proxy.answers)
    cut_off = [choice for answer in proxy.answers for choice in answer.json()["choices"] if _is_cut(choice)]
    assert len(cut_off) == RETRIES + 1
    # The endpoint is greedy unless it is told a temperature: the same reply each time would help nobody.
    assert len({choice["message"]["content"] for choice in cut_off}) > 1
    assert Counter(first) == {DOWN: RETRIES + 1, LONG: RETRIES + 1, FLAKY: 5, GOOD: 1}
    assert report["images"] == {"answered": 2, "unreadable": 1, "failed": 1}
    assert report["dead_letters"] == {"engine": 1}
    assert report["rejected"] == {"unreadable": 1}
    [letter] = _rows(archive, "dead_letters")
    assert "HTTP 500" in letter["message"]

    _run(archive, proxy.url, authorization)
    assert proxy.asked == [*first, DOWN]
    report, taught = _report(archive), _rows(archive, "conversations")
    assert report["dead_letters"] == {}
    assert {row["image_id"] for row in _rows(archive, "images") if row["status"] != "failed"} == {
        image_id(str(path)) for path in (archive / "in").iterdir()
    }
    assert len({row["image_id"] for row in taught}) == 3
    assert {row["conversations"][1]["value"].rpartition("Answer: ")[2] for row in taught} <= set(
        TRIPLE["answer"]["enum"]
    )
    assert report["requests"] == len(proxy.asked)
    spent = sum(answer.json()["usage"]["total_tokens"] for answer in proxy.answers)
    assert report["prompt_tokens"] + report["answer_tokens"] == spent
