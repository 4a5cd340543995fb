"""Rows to Parquet files, as they come."""

import time
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime

import pyarrow.parquet as pq

from slava.results import Output, dead_letters_table, results_table
from slava.screening.progress import Progress
from slava.screening.records import Row
from slava.screening.shares import shares

ROWS_A_FILE = 4096
ROWS_A_GROUP = 1024
"""Who shows one row reads its group: larger ones cost more then, smaller ones when all rows are read."""
SECONDS_A_FILE = 60.0
"""A row waits at most so long for its file: what a crash can lose."""


class ResultWriter:
    """Collects results and dead letters, and writes each file whole: under another name first.

    Use as a context manager; what is left is written at its end.
    """

    def __init__(self, output: Output, run_id: str, common: Row) -> None:
        self.output, self.run_id, self.common = output, run_id, common
        self.rows: dict[str, list[Row]] = {"results": [], "dead_letters": []}
        self.files = 0
        self.oldest: float | None = None

    def __enter__(self) -> "ResultWriter":
        return self

    def __exit__(self, *_: object) -> None:
        self.flush()

    def add(self, record: Row, thumbnail: bytes) -> None:
        """Take a row over; it is on the disk after the next flush."""
        stamp = {"run_id": self.run_id, "finished_at": datetime.now(UTC)}
        if "code" in record:
            self.rows["dead_letters"].append({**record, **stamp})
        else:
            self.rows["results"].append({**self.common, **record, **stamp, "thumbnail": thumbnail})
        waiting = len(self.rows["results"]) + len(self.rows["dead_letters"])
        self.oldest = self.oldest or time.monotonic()  # not the start: the engine takes a minute to come up
        if waiting >= ROWS_A_FILE or time.monotonic() - self.oldest > SECONDS_A_FILE:
            self.flush()

    def take(self, batches: Iterable[list[tuple[Row, bytes]]], progress: Progress) -> Iterator[Row]:
        """The records of a screening as they come, each after it was taken over."""
        for batch in batches:
            for record, thumbnail in batch:
                self.add(record, thumbnail)
                yield record
            progress.add(len(batch), failed=sum("code" in record for record, _ in batch))

    def flush(self) -> None:
        """Write what was collected."""
        _share_engine_time(self.rows["results"])
        for folder, rows in self.rows.items():
            if rows:
                table = results_table(rows) if folder == "results" else dead_letters_table(rows)
                self._write(folder, table)
                rows.clear()
        self.files += 1
        self.oldest = None

    def _write(self, folder: str, table: object) -> None:
        base = f"{self.output.path}/{folder}"
        self.output.filesystem.create_dir(base, recursive=True)
        name = f"{base}/{self.run_id}-{self.files:05d}.parquet"
        pq.write_table(
            table,
            f"{name}.part",
            row_group_size=ROWS_A_GROUP,
            filesystem=self.output.filesystem,
            compression="zstd",
        )
        self.output.filesystem.move(f"{name}.part", name)


def _share_engine_time(rows: list[Row]) -> None:
    """The engine works on many rows at once: each gets its share of the time in which it was under way."""
    spans = [tuple(row.pop("engine_span")) for row in rows]
    for row, seconds in zip(rows, shares(spans), strict=True):
        row["timings"]["generate_s"] = seconds
