"""Shares of an engine's time among requests that it worked on at once."""

import itertools
from collections.abc import Sequence


def shares(spans: Sequence[tuple[float, ...]]) -> list[float]:
    """Seconds of each (start, end): an instant counts evenly for all spans under way in it.

    So they sum to the time in which any was under way.
    """
    edges = sorted({edge for span in spans for edge in span})
    starting: dict[float, list[int]] = {}
    for index, span in enumerate(spans):
        starting.setdefault(span[0], []).append(index)
    found = [0.0] * len(spans)
    active: set[int] = set()
    for left, right in itertools.pairwise(edges):
        active = {index for index in active | set(starting.get(left, ())) if spans[index][1] > left}
        for index in active:
            found[index] += (right - left) / len(active)
    return found
