"""Confidence intervals by the percentile bootstrap (Efron 1979)."""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict

RESAMPLES = 1000
LEVEL = 0.95


class Figure(BaseModel):
    """A metric with its interval."""

    model_config = ConfigDict(frozen=True, use_attribute_docstrings=True)

    value: float
    """Measured on everything."""
    low: float
    """The lower end of the 95 % bootstrap interval."""
    high: float
    """Its upper end."""


def figure(
    statistic: Callable[[NDArray[np.int64]], float],
    images: int,
    episodes: int = 1,
    resamples: int = RESAMPLES,
    seed: int = 0,
) -> Figure:
    """`statistic` of all images, and of sets drawn with replacement.

    It is given places in a list of episodes * images, episode after episode. With several episodes (draws
    of few-shot examples) these are drawn again too: chance lies in both.
    """
    rng = np.random.default_rng(seed)
    drawn = [statistic(_draw(rng, images, episodes)) for _ in range(resamples)]
    low, high = np.percentile(drawn, [50 * (1 - LEVEL), 50 * (1 + LEVEL)])
    return Figure(value=statistic(np.arange(images * episodes)), low=float(low), high=float(high))


def _draw(rng: np.random.Generator, images: int, episodes: int) -> NDArray[np.int64]:
    episode = rng.integers(episodes, size=episodes)
    image = rng.integers(images, size=images)
    places: NDArray[np.int64] = (episode[:, None] * images + image).ravel()
    return places
