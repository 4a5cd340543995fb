"""One line of progress now and then, which also reads well in a log file."""

import sys
import time
from typing import TextIO

SECONDS_A_LINE = 5.0


class Progress:
    """Counts rows and prints how far the screening is, and when it will be through."""

    def __init__(self, total: int | None, stream: TextIO = sys.stdout) -> None:
        self.total, self.stream = total, stream
        self.started = self.printed = time.monotonic()
        self.first: float | None = None
        self.count = self.failed = 0

    def add(self, failed: bool) -> None:
        """One more row came out."""
        now = time.monotonic()
        self.first = self.first or now
        self.count += 1
        self.failed += failed
        if now - self.printed >= SECONDS_A_LINE:
            self.line(now)

    def line(self, now: float) -> None:
        """Print the state."""
        self.printed = now
        # The first row marks the end of the start-up, which is not to count.
        rate = (self.count - 1) / max(now - (self.first or now), 1e-3)
        of = f"/{self.total} {100 * self.count // max(self.total, 1):3d} %" if self.total else ""
        eta = f"  ETA {_clock((self.total - self.count) / rate)}" if self.total and rate else ""
        text = f"{self.count}{of}  {self.failed} failed  {rate:.1f} images/s{eta}"
        print(text, file=self.stream, flush=True)


def _clock(seconds: float) -> str:
    minutes, rest = divmod(max(round(seconds), 0), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02d}:{rest:02d}" if hours else f"{minutes}:{rest:02d}"
