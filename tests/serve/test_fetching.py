"""Images by address: the hosts that were named, and no way inside."""

import asyncio
import ipaddress
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from serve.errors import ApiError
from serve.fetching import Fetcher, is_public

BYTES = b"micrograph" * 100


class _Images(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        if self.path == "/moved":
            self.send_response(302)
            self.send_header("Location", "/image.png")
            self.end_headers()
            return
        self.send_response(200)
        self.send_header("Content-Length", str(len(BYTES)))
        self.end_headers()
        self.wfile.write(BYTES)

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture(scope="module")
def server() -> Iterator[str]:
    with ThreadingHTTPServer(("127.0.0.1", 0), _Images) as running:
        threading.Thread(target=running.serve_forever, daemon=True).start()
        yield f"http://localhost:{running.server_port}"
        running.shutdown()


def _fetched(fetcher: Fetcher, url: str) -> bytes:
    return asyncio.run(fetcher.fetch(url, "images[0]"))


def _refused(fetcher: Fetcher, url: str) -> ApiError:
    with pytest.raises(ApiError) as refused:
        _fetched(fetcher, url)
    return refused.value


def test_a_named_host_is_read(server: str) -> None:
    fetcher = Fetcher(("LOCALHOST",), 1 << 20, admits=lambda _: True)
    assert _fetched(fetcher, f"{server}/image.png?size=1") == BYTES


def test_a_host_on_the_inside_is_not_read_even_if_named(server: str) -> None:
    assert "public" in _refused(Fetcher(("localhost",), 1 << 20), f"{server}/image.png").message


@pytest.mark.parametrize(
    "url",
    [
        "https://evil.example/a.png",
        "http://localhost.evil.example/",
        "http://localhost@evil.example/",
        "http://me@localhost/",
        "file:///etc/passwd",
        "ftp://localhost/",
        "http://[::1/",
        "http://localhost:99999/",
        "",
    ],
)
def test_any_other_address_is_refused_before_anything_is_opened(url: str) -> None:
    fetcher = Fetcher(("localhost",), 1 << 20, admits=lambda _: pytest.fail("it was resolved"))
    assert (_refused(fetcher, url).status, _refused(fetcher, url).param) == (400, "images[0]")


def test_redirects_are_not_followed_and_size_is_bounded(server: str) -> None:
    assert "302" in _refused(Fetcher(("localhost",), 1 << 20, lambda _: True), f"{server}/moved").message
    assert _refused(Fetcher(("localhost",), 10, lambda _: True), f"{server}/image.png").status == 413


@pytest.mark.parametrize(
    ("address", "public"),
    [
        ("8.8.8.8", True),
        ("2606:4700::1111", True),
        ("127.0.0.1", False),
        ("10.0.0.1", False),
        ("169.254.169.254", False),
        ("100.64.0.1", False),
        ("::1", False),
        ("fd00::1", False),
        ("fe80::1", False),
        ("::ffff:10.0.0.1", False),
        ("224.0.0.1", False),
        ("0.0.0.0", False),
    ],
)
def test_what_is_public(address: str, public: bool) -> None:
    assert is_public(ipaddress.ip_address(address)) == public
