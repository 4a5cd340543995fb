"""One line of progress now and then, which also reads well in a log file."""

import sys
import time
from typing import TextIO

AT_FIRST_S, AT_LAST_S = 2.0, 60.0
"""Between two lines: as long as a twentieth of what has passed, within these bounds."""


class Progress:
    """Counts rows and prints how far the screening is, and when it will be through."""

    def __init__(self, total: int | None, stream: TextIO = sys.stdout) -> None:
        self.total, self.stream = total, stream
        self.began = self.printed = time.monotonic()
        self.first: tuple[float, int] | None = None
        self.count = self.failed = 0

    def add(self, rows: int, failed: int) -> None:
        """So many more rows came out together, and so many of those are dead letters."""
        now = time.monotonic()
        self.count += rows
        self.failed += failed
        if self.first is None:
            self.first = now, self.count
        if now - self.printed >= min(max(AT_FIRST_S, (now - self.began) / 20), AT_LAST_S):
            self.line(now)

    def line(self, now: float) -> None:
        """Print the state."""
        self.printed = now
        since, before = self.first or (now, self.count)
        # The first rows mark the end of the start-up, which is not to count.
        rate = (self.count - before) / (now - since) if now > since else 0.0
        of = f"/{self.total} {100 * self.count // max(self.total, 1):3d} %" if self.total else ""
        speed = f"  {rate:.1f} images/s" if rate else ""
        eta = f"  ETA {_clock((self.total - self.count) / rate)}" if self.total and rate else ""
        print(f"{self.count}{of}  {self.failed} failed{speed}{eta}", file=self.stream, flush=True)


def _clock(seconds: float) -> str:
    minutes, rest = divmod(max(round(seconds), 0), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02d}:{rest:02d}" if hours else f"{minutes}:{rest:02d}"
