"""Metrics of classification, against scikit-learn's and against what is plain."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import confusion_matrix, f1_score

from slava.evaluation.classification import calibration_error, confusion, in_top_k, macro_f1, reliability

SEEDS = st.integers(0, 10_000)


def _random(seed: int, size: int = 40, labels: int = 7) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    return rng.dirichlet(np.ones(labels), size), rng.integers(0, labels, size)


@given(SEEDS)
def test_confusion_and_macro_f1_are_those_of_scikit_learn(seed: int) -> None:
    probabilities, truth = _random(seed)
    found = probabilities.argmax(1)
    assert (confusion(probabilities, truth) == confusion_matrix(truth, found, labels=range(7))).all()
    assert macro_f1(probabilities, truth) == pytest.approx(f1_score(truth, found, average="macro"))


@given(SEEDS)
def test_top_k_grows_to_all(seed: int) -> None:
    probabilities, truth = _random(seed)
    shares = [in_top_k(probabilities, truth, k).mean() for k in range(1, 8)]
    assert shares[0] == (probabilities.argmax(1) == truth).mean()
    assert shares == sorted(shares)
    assert shares[-1] == 1


def test_a_tie_is_no_hit() -> None:
    assert in_top_k(np.full((2, 6), 1 / 6), np.array([0, 3]), 5).tolist() == [False, False]


def test_calibration_error_is_the_gap() -> None:
    sure = np.array([[0.9, 0.1]] * 10)
    truth = np.array([0] * 6 + [1] * 4)
    assert calibration_error(sure, truth) == pytest.approx(0.3)
    (only,) = reliability(sure, truth)
    assert (only.count, only.accuracy) == (10, 0.6)
    assert calibration_error(np.eye(2)[truth], truth) == 0
