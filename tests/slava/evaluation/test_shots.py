"""Which examples a few-shot classifier is shown."""

import numpy as np
import pytest

from slava.datasets import DatasetError
from slava.evaluation.shots import cosine, draw_shots

LABELS = np.array([0] * 10 + [1] * 6 + [2] * 4)
QUERIES = np.random.default_rng(1).normal(size=(5, 3)).astype(np.float32)
POOL = np.random.default_rng(2).normal(size=(20, 3)).astype(np.float32)
NEAR = cosine(QUERIES, POOL)


def _draw(sampling, per_class=3, seed=0):
    return draw_shots(sampling, LABELS, NEAR, per_class, np.random.default_rng(seed))


def test_by_class_draws_evenly_and_alike_for_all() -> None:
    found = _draw("by-class")
    assert np.bincount(LABELS[found[0]]).tolist() == [3, 3, 3]
    assert (found == found[0]).all()
    assert len(set(found[0])) == 9


def test_random_draws_any_and_alike_for_all() -> None:
    found = [_draw("random", seed=seed) for seed in range(30)]
    assert all((places == places[0]).all() and len(set(places[0])) == 9 for places in found)
    assert len({tuple(np.bincount(LABELS[places[0]], minlength=3)) for places in found}) > 3


def test_similar_draws_the_nearest_and_puts_them_last() -> None:
    found = _draw("similar")
    for query, places in enumerate(found):
        assert set(places) == set(np.argsort(-NEAR[query])[:9])
        assert NEAR[query, places].tolist() == sorted(NEAR[query, places])


def test_a_class_with_too_few_images_is_one_line() -> None:
    with pytest.raises(DatasetError, match=r"--shots 5: a class has only 4 images"):
        _draw("random", per_class=5)
