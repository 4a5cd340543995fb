"""First stage: from a shard to the small pictures that the vision tower will look at."""

import time
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from typing import Any

import numpy as np
from PIL import Image

from slava.archives import Blob, Lost, Shard, read_shard
from slava.failures import InputFailure
from slava.micrographs import Micrograph, decode, thumbnail
from slava.screening import records
from slava.screening.done import Done
from slava.screening.prompting import PromptText

ROWS_A_BLOCK = 32
RESAMPLE = Image.Resampling.BICUBIC
"""As the image processor does; it finds nothing left to resize."""


@dataclass(frozen=True)
class Reader:
    """Reads, decodes and shrinks; every input gives a row for each of its pages, or one that failed."""

    side: int
    """Of the square that the tower sees, in pixels."""
    prompt: PromptText
    context: str | None
    own_context: bool
    done: Done
    """What an earlier run has screened."""

    def __call__(self, batch: dict[str, Any]) -> Iterator[dict[str, list[Any]]]:
        """A batch of one shard to blocks of rows, each as soon as it is full: a tar may hold a million."""
        rows = (row for text in batch["shard"] for row in self.rows(Shard.from_json(str(text))))
        while block := list(islice(rows, ROWS_A_BLOCK)):
            yield records.columns(block)

    def rows(self, shard: Shard) -> Iterator[records.Row]:
        """The rows of a shard, one by one."""
        began = time.perf_counter()
        for item in read_shard(shard):
            read = time.perf_counter() - began
            if not self.done.has(item.uri, item.member):
                yield from [records.lost(item)] if isinstance(item, Lost) else self._decoded(item, read)
            began = time.perf_counter()

    def _decoded(self, blob: Blob, read_s: float) -> list[records.Row]:
        began = time.perf_counter()
        try:
            micrographs = decode(blob.data, blob.name, blob.sidecar)
        except InputFailure as failure:
            return [records.failed(blob.uri, blob.member, failure)]
        left = [m for m in micrographs if not self.done.has(blob.uri, blob.member, m.page)]
        rows = [self._row(micrograph, blob) for micrograph in left]
        decode_s = (time.perf_counter() - began) / len(micrographs)
        timings = {"read_s": read_s / len(micrographs), "decode_s": decode_s}
        return [records.good({**record, "timings": timings}, *pictures) for record, *pictures in rows]

    def _row(self, micrograph: Micrograph, blob: Blob) -> tuple[records.Row, bytes, bytes]:
        own = [blob.description, micrograph.acquisition.describe()] if self.own_context else []
        context = self.prompt.context([self.context, *own])
        small = Image.fromarray(micrograph.pixels).resize((self.side, self.side), RESAMPLE)
        record = records.describe(micrograph, blob.uri, blob.member, context)
        return record, thumbnail(micrograph), np.asarray(small).tobytes()
