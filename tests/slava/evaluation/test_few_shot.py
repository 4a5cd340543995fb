"""Heads and baselines on features."""

import numpy as np

from slava.evaluation.baselines import linear_probe, nearest_mean, nearest_neighbour
from slava.evaluation.few_shot import draws, head_predictions, learner_predictions

LABELS = ("a", "b", "c")


def _rows(seed: int, size: int) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    truth = np.arange(size) % 3
    centres = np.random.default_rng(0).normal(size=(3, 8))
    return (centres[truth] + 0.4 * rng.normal(size=(size, 8))).astype(np.float32), truth


POOL, POOL_TRUTH = _rows(1, 60)
QUERIES, TRUTH = _rows(2, 30)


def _top_1(predictions) -> list[float]:
    return [(rows.argmax(1) == TRUTH).mean() for rows in predictions.probabilities]


def test_heads_of_each_sampling_learn() -> None:
    for sampling, episodes in (("random", 4), ("by-class", 4), ("similar", 1)):
        shown = draws(sampling, POOL, POOL_TRUTH, QUERIES, 5, 4, seed=0)
        found = head_predictions(LABELS, POOL, POOL_TRUTH, QUERIES, TRUTH, shown)
        assert found.probabilities.shape == (episodes, 30, 3)
        assert np.mean(_top_1(found)) > 0.85


def test_baselines_learn_and_leave_absent_classes_at_zero() -> None:
    shown = draws("by-class", POOL, POOL_TRUTH, QUERIES, 5, 3, seed=0)
    for learner in (nearest_mean, nearest_neighbour, linear_probe):
        found = learner_predictions(learner, LABELS, POOL, POOL_TRUTH, QUERIES, TRUTH, shown)
        assert np.mean(_top_1(found)) > 0.8
        assert np.allclose(found.probabilities.sum(2), 1)
        two = POOL_TRUTH != 0
        assert (learner(POOL[two], POOL_TRUTH[two], QUERIES, 3)[:, 0] == 0).all()
