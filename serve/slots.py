"""How many requests are worked on at once: what is admitted is answered in bounded time."""

import time
from collections.abc import Iterator
from contextlib import contextmanager

from serve.errors import overloaded

FIRST_GUESS_S = 1.0
WEIGHT = 0.1
"""Of a new duration in the running mean."""


class Slots:
    """A number of places without a queue behind them: vLLM batches what is admitted."""

    def __init__(self, count: int) -> None:
        self.count = count
        self.taken = 0
        self._mean_s = FIRST_GUESS_S

    @contextmanager
    def one(self) -> Iterator[None]:
        """Hold a place. Raises ApiError 503 where none is free."""
        if self.taken >= self.count:
            raise overloaded(self._mean_s)
        self.taken += 1
        began = time.monotonic()
        try:
            yield
            self._mean_s += WEIGHT * (time.monotonic() - began - self._mean_s)
        finally:
            self.taken -= 1
