"""The prototype head."""

from pathlib import Path

import numpy as np
import pytest

from slava.evaluation.prototypes import SCALES, PrototypeHead

LABELS = ("a", "b", "c")


def _blobs(seed: int, size: int, noise: float = 0.3) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    truth = np.arange(size) % 3
    centres = np.random.default_rng(0).normal(size=(3, 16)) * [100.0] + 1000  # far from zero, and wide
    return (centres[truth] + 100 * noise * rng.normal(size=(size, 16))).astype(np.float32), truth


def test_blobs_are_told_apart() -> None:
    examples, truth = _blobs(1, 15)
    queries, expected = _blobs(2, 60)
    found = PrototypeHead.of(LABELS, examples, truth).probabilities(queries)
    assert found.sum(1) == pytest.approx(np.ones(60))
    assert (found.argmax(1) == expected).mean() > 0.95


def test_confidence_follows_the_noise() -> None:
    examples = [_blobs(1, 15, noise) for noise in (0.1, 3.0)]
    scales = [PrototypeHead.of(LABELS, *blobs).scale for blobs in examples]
    assert scales[0] == SCALES[-1]
    assert scales[1] == SCALES[0]


def test_a_class_without_an_example_is_never_answered() -> None:
    examples, truth = _blobs(1, 15)
    here = truth != 1
    found = PrototypeHead.of(LABELS, examples[here], truth[here]).probabilities(examples)
    assert (found[:, 1] == 0).all()


def test_one_example_a_class_is_enough() -> None:
    examples, truth = _blobs(1, 3)
    assert PrototypeHead.of(LABELS, examples, truth).probabilities(examples).argmax(1).tolist() == [0, 1, 2]


def test_a_head_is_kept(tmp_path: Path) -> None:
    head = PrototypeHead.of(LABELS, *_blobs(1, 15))
    head.save(tmp_path / "head.safetensors")
    again = PrototypeHead.load(tmp_path / "head.safetensors")
    queries = _blobs(2, 9)[0]
    assert again.labels == LABELS
    assert (again.probabilities(queries) == head.probabilities(queries)).all()
