"""Small made-up copies of published layouts."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image


@pytest.fixture
def make(tmp_path: Path) -> Callable[..., Path]:
    """Writes pictures of noise under these names, and gives the folder."""

    def make(*names: str) -> Path:
        for seed, name in enumerate(names):
            path = tmp_path / "set" / name
            path.parent.mkdir(parents=True, exist_ok=True)
            Image.fromarray(np.random.default_rng(seed).integers(0, 255, (20, 20), np.uint8)).save(path)
        return tmp_path / "set"

    return make
