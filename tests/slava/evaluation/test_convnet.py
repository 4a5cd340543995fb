"""The small network from scratch."""

import numpy as np

from slava.evaluation.convnet import SIDE, small_cnn


def _stripes(seed: int, size: int) -> tuple[np.ndarray, np.ndarray]:
    """Stripes that lie and stripes that stand."""
    rng = np.random.default_rng(seed)
    truth = np.arange(size) % 2
    lying = np.sin(np.arange(SIDE) / 3)[:, None] * np.ones(SIDE)
    pictures = [lying.T if upright else lying for upright in truth]
    noisy = [127 + 60 * picture + 20 * rng.normal(size=picture.shape) for picture in pictures]
    return np.stack(noisy).clip(0, 255).astype(np.uint8), truth


def test_stripes_are_learned() -> None:
    found = small_cnn(*_stripes(0, 32), _stripes(1, 10)[0], classes=2, epochs=25)
    assert found.shape == (10, 2)
    assert np.allclose(found.sum(1), 1)
    assert found.argmax(1).tolist() == [0, 1] * 5
