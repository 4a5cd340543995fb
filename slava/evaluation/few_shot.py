"""Few-shot and supervised classification by features, on the same images as the model's own answers."""

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from slava.evaluation.predictions import Predictions
from slava.evaluation.prototypes import PrototypeHead
from slava.evaluation.shots import Sampling, cosine, draw_shots

Rows = NDArray[np.float32]
Places = NDArray[np.int64]
Learner = Callable[[Rows, Places, Rows, int], NDArray[np.float64]]
"""Examples [S, D], their labels [S], queries [Q, D] and the number of labels to probabilities [Q, L]."""


def draws(
    sampling: Sampling, pool: Rows, truth: Places, queries: Rows, shots: int, episodes: int, seed: int
) -> list[Places]:
    """For each episode the places in the pool that each query is shown, [Q, S]; similar ones never vary."""
    rng = np.random.default_rng(seed)
    similarity = cosine(_standard(queries, pool), _standard(pool, pool))
    count = 1 if sampling == "similar" else episodes
    return [draw_shots(sampling, truth, similarity, shots, rng) for _ in range(count)]


def head_predictions(
    labels: tuple[str, ...],
    pool: Rows,
    pool_truth: Places,
    queries: Rows,
    truth: Places,
    shown: Sequence[Places],
) -> Predictions:
    """The prototype head's: one for each episode, or for each query where those are shown different images.

    The latter are so alike that their own spread says little: they are standardized over the pool.
    """

    def judged(places: Places) -> NDArray[np.float64]:
        if (places == places[0]).all():
            return PrototypeHead.of(labels, pool[places[0]], pool_truth[places[0]]).probabilities(queries)
        heads = [PrototypeHead.of(labels, pool[own], pool_truth[own], spread=pool) for own in places]
        rows = [head.probabilities(query[None]) for head, query in zip(heads, queries, strict=True)]
        return np.concatenate(rows)

    return Predictions(labels, truth, np.stack([judged(places) for places in shown]))


def learner_predictions(
    learner: Learner,
    labels: tuple[str, ...],
    pool: Rows,
    pool_truth: Places,
    queries: Rows,
    truth: Places,
    shown: Sequence[Places],
) -> Predictions:
    """A baseline's, trained in each episode on the examples that all queries are shown."""
    found = [learner(pool[p[0]], pool_truth[p[0]], queries, len(labels)) for p in shown]
    return Predictions(labels, truth, np.stack(found))


def _standard(rows: Rows, over: Rows) -> Rows:
    found: Rows = (rows - over.mean(0)) / (over.std(0) + 1e-3 * over.std())
    return found
