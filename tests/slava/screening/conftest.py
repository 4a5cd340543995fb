"""Small images, a prompt, and a real S3 server."""

import io
from collections.abc import Callable, Iterator
from pathlib import Path

import boto3
import numpy as np
import pytest
from moto.server import ThreadedMotoServer
from PIL import Image

from slava.screening.prompting import PromptText


@pytest.fixture
def png() -> Callable[[int], bytes]:
    """PNGs of noise, another for each seed."""

    def make(seed: int = 0) -> bytes:
        with io.BytesIO() as file:
            Image.fromarray(np.random.default_rng(seed).integers(0, 255, (40, 50), np.uint8)).save(
                file, "PNG"
            )
            return file.getvalue()

    return make


@pytest.fixture
def two_pages() -> bytes:
    """A TIFF of two pages."""
    pages = [Image.fromarray(np.random.default_rng(s).integers(0, 255, (40, 50), np.uint8)) for s in (1, 2)]
    with io.BytesIO() as file:
        pages[0].save(file, "TIFF", save_all=True, append_images=pages[1:])
        return file.getvalue()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder for inputs."""
    path = tmp_path / "in"
    path.mkdir()
    return path


@pytest.fixture
def prompt() -> PromptText:
    """As of a checkpoint, without loading one."""
    return PromptText(
        "Which? <image>", "Which? <image> Context: \u2063CONTEXT\u2063", ("<|im_end|>", "<image>")
    )


@pytest.fixture
def s3(monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """An empty prefix in a bucket on a real S3 server."""
    server = ThreadedMotoServer("127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    monkeypatch.setenv("AWS_ENDPOINT_URL", f"http://{host}:{port}")
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "testing")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "testing")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    bucket = boto3.resource("s3", endpoint_url=f"http://{host}:{port}").create_bucket(Bucket="screened")
    yield "s3://screened/lot-42"
    bucket.objects.delete()  # moto's servers share what they store
    bucket.delete()
    server.stop()
