"""What was taught, rejected and asked, to Parquet files that appear whole."""

import time
from datetime import UTC, datetime
from typing import Any

import pyarrow.parquet as pq

from slava.results import Output, dead_letters_table, whole
from slava.teacher.filters import Rejection
from slava.teacher.tables import SCHEMAS, table
from slava.teacher.triples import Triple

Row = dict[str, Any]

IMAGES_A_FILE = 1024
SECONDS_A_FILE = 60.0
"""What a crash can lose."""


class Writer:
    """Collects rows; writes each file under another name first, and the images of a batch last."""

    def __init__(self, output: Output, run_id: str, origin: Row) -> None:
        self.output, self.run_id, self.origin = output, run_id, {**origin, "run_id": run_id}
        self.rows: dict[str, list[Row]] = {folder: [] for folder in SCHEMAS}
        self.dead: list[Row] = []
        self.files = 0
        self.oldest: float | None = None

    def add(self, image: Row, judged: list[tuple[Triple, Rejection | None]], asked: Row) -> None:
        """A micrograph with its triples; `image` has the fields of its place, `asked` those of the asking."""
        stamp = {**self.origin, "written_at": datetime.now(UTC)}
        taught = [triple for triple, rejection in judged if not rejection]
        for number, triple in enumerate(taught):
            row = {**image, **conversation(triple), "id": f"{image['image_id']}-{number}", **stamp}
            self.rows["conversations"].append(row)
        for triple, rejection in judged:
            if rejection:
                why = {"reason": rejection.reason, "detail": rejection.detail}
                self.rows["rejected"].append({**image, **conversation(triple), **why, **stamp})
        counts = {"taught": len(taught), "rejected": len(judged) - len(taught)}
        self.rows["images"].append({**image, **asked, **counts, **stamp})
        self._flush_in_time()

    def add_unreadable(self, image: Row, status: str, reply: str, asked: Row) -> None:
        """A micrograph of which the endpoint's last word was no triples."""
        reason = "refusal" if status == "refused" else "unreadable"
        stamp = {**self.origin, "written_at": datetime.now(UTC)}
        self.rows["rejected"].append({**image, "reason": reason, "detail": reply, **stamp})
        self.rows["images"].append({**image, **asked, "taught": 0, "rejected": 1, **stamp})
        self._flush_in_time()

    def add_failed(self, letter: Row) -> None:
        """A dead letter."""
        self.dead.append({**letter, "run_id": self.run_id, "finished_at": datetime.now(UTC)})
        self._flush_in_time()

    def add_vain(self, image: Row, asked: Row) -> None:
        """What was spent on a micrograph that will have to be asked about again."""
        stamp = {**self.origin, "written_at": datetime.now(UTC)}
        row = {**image, **asked, "status": "failed", "taught": 0, "rejected": 0, **stamp}
        self.rows["images"].append(row)
        self._flush_in_time()

    def flush(self) -> None:
        """Write what was collected."""
        for folder, rows in self.rows.items():
            if rows or folder == "images":
                self._write(folder, table(folder, rows))
            rows.clear()
        if self.dead:
            self._write("dead_letters", dead_letters_table(self.dead))
            self.dead.clear()
        self.files += 1
        self.oldest = None

    def _flush_in_time(self) -> None:
        self.oldest = self.oldest or time.monotonic()
        full = len(self.rows["images"]) + len(self.dead) >= IMAGES_A_FILE
        if full or time.monotonic() - self.oldest > SECONDS_A_FILE:
            self.flush()

    def _write(self, folder: str, rows: Any) -> None:
        with whole(self.output, f"{folder}/{self.run_id}-{self.files:05d}.parquet") as path:
            pq.write_table(rows, path, filesystem=self.output.filesystem, compression="zstd")


def conversation(triple: Triple) -> Row:
    """A triple in LLaVA's layout (Liu et al. 2023, section 3)."""
    turns = [("human", f"<image>\n{triple.asked}"), ("gpt", triple.told)]
    return {"conversations": [{"from": who, "value": said} for who, said in turns], "facet": triple.facet}
