"""Drawn micrographs with known content, and a real endpoint that misbehaves on order."""

import json
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from slava.micrographs import Acquisition, Micrograph
from slava.teacher.known import Known

GOOD = {"facet": "surface", "question": "Is it rough?", "reasoning": "", "answer": "Yes, with fine bumps."}


def completion(content: str | None, **extra: Any) -> dict[str, Any]:
    """A chat completion, as OpenAI's API words it."""
    choice = {"index": 0, "finish_reason": "stop", "message": {"role": "assistant", "content": content}}
    usage = {"prompt_tokens": 100, "completion_tokens": 20, "total_tokens": 120}
    return {"object": "chat.completion", "choices": [choice | extra], "usage": usage}


def reply(*triples: dict[str, str]) -> str:
    """What a teacher that keeps to the schema writes."""
    return json.dumps({"triples": list(triples or (GOOD,))})


@dataclass
class Endpoint:
    """An OpenAI-compatible server that plays a script: each request takes the next step, the last one stays.

    A step is a status, a text, a completion, or "cut" (the connection breaks in the middle of the body).
    """

    url: str
    script: list[Any]
    seen: list[dict[str, Any]] = field(default_factory=list)
    keys: list[str | None] = field(default_factory=list)
    under_way: int = 0
    most_under_way: int = 0
    delay_s: float = 0.0
    headers: dict[str, str] = field(default_factory=dict)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def step(self, body: dict[str, Any], key: str | None) -> Any:
        with self.lock:
            self.seen.append(body)
            self.keys.append(key)
            self.under_way += 1
            self.most_under_way = max(self.most_under_way, self.under_way)
            return self.script.pop(0) if len(self.script) > 1 else self.script[0]


@pytest.fixture(scope="session")
def serve() -> Iterator[Callable[..., Endpoint]]:
    """Starts endpoints on loopback."""
    servers = []

    def start(*script: Any, **settings: Any) -> Endpoint:
        endpoint = Endpoint("", list(script), **settings)
        handler = type("Handler", (_Handler,), {"endpoint": endpoint})
        server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
        endpoint.url = f"http://127.0.0.1:{server.server_port}/v1"
        threading.Thread(target=server.serve_forever, daemon=True).start()
        servers.append(server)
        return endpoint

    yield start
    for server in servers:
        server.shutdown()
        server.server_close()


class _Handler(BaseHTTPRequestHandler):
    endpoint: Endpoint

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        step = self.endpoint.step(body, self.headers.get("Authorization"))
        if self.path != "/v1/chat/completions":
            step = 404
        if self.endpoint.delay_s:
            threading.Event().wait(self.endpoint.delay_s)
        with self.endpoint.lock:
            self.endpoint.under_way -= 1
        self._play(step)

    def _play(self, step: Any) -> None:
        status = step if isinstance(step, int) else 200
        text = {"error": {"message": "made to fail"}} if isinstance(step, int) else step
        data = (text if isinstance(text, str) else json.dumps(text)).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(data) + 1000 if step == "cut" else len(data)))
        for name, value in self.endpoint.headers.items() if status == 429 else ():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, *_: Any) -> None: ...


@pytest.fixture
def discs() -> Callable[..., NDArray[np.uint8]]:
    """Pictures [H, W, 3] with discs at known places on a noisy background."""

    def draw(places: list[tuple[int, int]], radius: float, bright: bool = True) -> NDArray[np.uint8]:
        y, x = np.mgrid[:360, :480]
        inside = np.zeros(y.shape, bool)
        for row, column in places:
            inside |= (y - row) ** 2 + (x - column) ** 2 <= radius**2
        low, high = (60, 180) if bright else (180, 60)
        grey = np.where(inside, high, low) + np.random.default_rng(0).normal(0, 4, y.shape)
        return np.repeat(np.clip(grey, 0, 255).astype(np.uint8)[:, :, None], 3, axis=2)

    return draw


GRID = [(60 + 80 * row, 60 + 90 * column) for row in range(4) for column in range(5)]


@pytest.fixture
def micrograph(discs: Callable[..., NDArray[np.uint8]]) -> Micrograph:
    """Twenty discs of 40 px on a grid; 5 nm a pixel, 3 kV."""
    pixels = discs(GRID, 20)
    taken = Acquisition(pixel_size_nm=5.0, field_width_um=2.4, kv=3.0, magnification=50_000.0)
    return Micrograph(pixels, 0, 1, pixels.shape[1], pixels.shape[0], None, taken, "ab" * 32)


@pytest.fixture
def known() -> Known:
    """Twenty discs of 200 nm in a field of 2.4 µm."""
    return Known("Particles", ("W12_site3.tif",), (19, 22), 200.0, 2400.0, 3.0, 50_000.0, 5.0)
