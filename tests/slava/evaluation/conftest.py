"""A data set of four classes in small, and its images."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

CLASSES = ("dots", "lying", "plain", "upright")


def draw(label: str, rng: np.random.Generator) -> np.ndarray:
    """uint8 [64, 64]."""
    wave = 60 * np.sin(np.arange(64) / 2)
    grey = {
        "dots": 120 * (rng.random((64, 64)) > 0.9),
        "lying": np.repeat(wave[:, None], 64, 1),
        "plain": np.zeros((64, 64)),
        "upright": np.repeat(wave[None], 64, 0),
    }[label]
    return (127 + grey + 8 * rng.normal(size=(64, 64))).clip(0, 255).astype(np.uint8)


@pytest.fixture(scope="session")
def dataset(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of class folders, ten pictures each."""
    root = tmp_path_factory.mktemp("data") / "textures"
    rng = np.random.default_rng(0)
    for label in CLASSES:
        (root / label).mkdir(parents=True)
        for number in range(10):
            Image.fromarray(draw(label, rng)).save(root / label / f"{label}_{number}.png")
    return root
