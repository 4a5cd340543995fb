"""The stage before the teacher's: from a shard to measured micrographs, taught or ready to be asked about."""

import json
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from itertools import islice
from typing import Any

from slava.archives import Blob, Lost, Shard, read_shard
from slava.datasets import Split, split_of
from slava.failures import InputFailure
from slava.micrographs import Micrograph, decode, thumbnail
from slava.results import storable
from slava.screening.records import ERROR, Row, columns, failed, lost
from slava.teacher import measuring_teacher
from slava.teacher.http.requests import RequestBuilder
from slava.teacher.known import Known
from slava.teacher.labels import Labels
from slava.teacher.measuring import measure

ROWS_A_BLOCK = 8
"""Measuring takes a second each: what is through should not wait for more."""


@dataclass(frozen=True)
class Reader:
    """Reads, decodes and measures; every micrograph that is not done gives a row, every failure another."""

    labels: Labels
    done: frozenset[str]
    """`image_id` of what an earlier run was answered."""
    requests: RequestBuilder | None
    """None: the measuring teacher answers here."""
    side: tuple[Split, float] | None = None
    """The side of the split that is asked about, and the share that is held out; None: both sides."""

    def __call__(self, batch: dict[str, Any]) -> Iterator[dict[str, list[Any]]]:
        """A batch of shards to blocks of rows with columns `record`, `thumbnail`, `payload` and Ray's own."""
        rows = (row for text in batch["shard"] for row in self.rows(Shard.from_json(str(text))))
        while block := list(islice(rows, ROWS_A_BLOCK)):
            yield columns(block)

    def rows(self, shard: Shard) -> Iterator[Row]:
        """The rows of a shard, one by one."""
        for item in read_shard(shard):
            if isinstance(item, Lost):
                yield {**lost(item), "payload": ""}
            else:
                yield from self._of_blob(item)

    def _of_blob(self, blob: Blob) -> Iterator[Row]:
        try:
            micrographs = decode(blob.data, blob.name, blob.sidecar)
        except InputFailure as failure:
            yield {**failed(blob.uri, blob.member, failure), "payload": ""}
            return
        yield from (self._row(m, blob) for m in micrographs if self._is_wanted(m.image_id))

    def _is_wanted(self, image_id: str) -> bool:
        if self.side and split_of(image_id, self.side[1]) != self.side[0]:
            return False
        return image_id not in self.done

    def _row(self, micrograph: Micrograph, blob: Blob) -> Row:
        label = self.labels.of(blob.uri, blob.member)
        found = measure(micrograph)
        record = {
            "image": {
                "image": storable(blob.uri),
                "member": None if blob.member is None else storable(blob.member),
                "page": micrograph.page,
                "image_id": micrograph.image_id,
                "label": label,
            },
            "known": Known.of(micrograph, found, label, blob.uri, blob.member).to_dict(),
            "triples": []
            if self.requests
            else [asdict(triple) for triple in measuring_teacher.teach(micrograph, found, label)],
        }
        payload = self.requests.build(micrograph, found, label) if self.requests else ""
        small = thumbnail(micrograph, side=256)
        return {"record": json.dumps(record), "thumbnail": small, "payload": payload, ERROR: ""}
