"""Small images, sidecars, and a real S3 server."""

import io
from collections.abc import Iterator
from pathlib import Path

import boto3
import numpy as np
import pytest
from moto.server import ThreadedMotoServer
from PIL import Image

SIDECAR = "Accelerating Voltage : 20 kV\nMagnification : x500\nWorking Distance : 5mm\n"


def png(seed: int = 0) -> bytes:
    """A PNG of noise, other for each seed."""
    pixels = np.random.default_rng(seed).integers(0, 255, (24, 24), np.uint8)
    file = io.BytesIO()
    Image.fromarray(pixels).save(file, "PNG")
    return file.getvalue()


@pytest.fixture
def image() -> bytes:
    return png()


@pytest.fixture
def images() -> list[bytes]:
    return [png(seed) for seed in range(8)]


@pytest.fixture
def sidecar() -> str:
    return SIDECAR


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder for inputs."""
    path = tmp_path / "in"
    path.mkdir()
    return path


@pytest.fixture(scope="session")
def s3_server() -> Iterator[str]:
    server = ThreadedMotoServer("127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    yield f"http://{host}:{port}"
    server.stop()


@pytest.fixture
def bucket(s3_server: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[object]:
    """An empty bucket named "fab" on the server that AWS_ENDPOINT_URL names."""
    monkeypatch.setenv("AWS_ENDPOINT_URL", s3_server)
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "testing")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "testing")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    bucket = boto3.resource("s3", endpoint_url=s3_server).create_bucket(Bucket="fab")
    yield bucket
    bucket.objects.delete()
    bucket.delete()
