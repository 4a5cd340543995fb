"""Directions in words, and neighbours."""

from collections.abc import Callable

import numpy as np
import pytest
from numpy.typing import NDArray

from slava.teacher.facets.arrangement import clark_evans, direction
from slava.teacher.measuring.grey import to_grey
from slava.teacher.measuring.objects import find_objects


@pytest.mark.parametrize(
    ("degrees", "words"),
    [(0, "horizontally"), (170, "horizontally"), (90, "vertically"), (40, "upwards to the right")],
)
def test_directions_in_words(degrees: float, words: str) -> None:
    assert direction(degrees) == words
    assert direction(135) == "downwards to the right"


def test_a_grid_is_even_and_a_heap_is_clustered(discs: Callable[..., NDArray[np.uint8]]) -> None:
    grid = [(40 + 60 * r, 40 + 60 * c) for r in range(5) for c in range(7)]
    heap = [(40 + 26 * r, 40 + 26 * c) for r in range(5) for c in range(5)]
    ratios = []
    for places in (grid, heap):
        objects = find_objects(*to_grey(discs(places, 10)))
        assert objects is not None
        ratios.append(clark_evans(objects))
    assert ratios[0] > 1.4
    assert ratios[1] < 0.85
