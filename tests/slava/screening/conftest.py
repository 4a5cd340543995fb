"""Small images, a prompt, and a real S3 server."""

import io
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
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
