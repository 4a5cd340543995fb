"""What travels through a screening: one row a micrograph, or one that failed.

A row has four columns of fixed type, whatever happened to it, so that blocks always join:
`record` (JSON: everything known), `thumbnail` (JPEG), `payload` (pixels, then image tokens, as raw
bytes) and `__inference_error__`, which is Ray's own name for "skip this row in the engine": not
empty for one that failed. The vision tower adds `pooled`: its features, as raw bytes in float32.
"""

import json
from collections.abc import Iterable
from dataclasses import asdict
from typing import Any

from slava.archives import Lost
from slava.failures import Code, InputFailure, Stage
from slava.micrographs import Micrograph
from slava.results import storable

Row = dict[str, Any]
ERROR = "__inference_error__"


def good(record: Row, thumbnail: bytes, payload: bytes) -> Row:
    """A row on its way to the engine."""
    return {"record": json.dumps(record), "thumbnail": thumbnail, "payload": payload, ERROR: ""}


def failed(uri: str, member: str | None, failure: InputFailure, page: int | None = None) -> Row:
    """A row that becomes a dead letter."""
    record = {
        "uri": storable(uri),
        "member": None if member is None else storable(member),
        "page": page,
        "stage": str(failure.stage),
        "code": str(failure.code),
        "message": storable(failure.message),
    }
    return {"record": json.dumps(record), "thumbnail": b"", "payload": b"", ERROR: str(failure.code)}


def lost(item: Lost) -> Row:
    """The row of an input that gave no bytes."""
    return failed(item.uri, item.member, item.failure)


def engine_failure(record: Row, message: str) -> Row:
    """The dead letter of a micrograph that the engine refused."""
    failure = InputFailure(Stage.GENERATE, Code.ENGINE, message)
    return failed(record["uri"], record["member"], failure, record["page"])


def describe(micrograph: Micrograph, uri: str, member: str | None, context: str) -> Row:
    """What the results will say of a micrograph before anything was asked about it."""
    taken = asdict(micrograph.acquisition)
    bar = micrograph.info_bar
    return {
        "uri": storable(uri),
        "member": None if member is None else storable(member),
        "page": micrograph.page,
        "pages": micrograph.pages,
        "image_id": micrograph.image_id,
        "width": micrograph.full_width,
        "height": micrograph.full_height,
        "info_bar": None if bar is None else {"top": bar.top, "bottom": bar.bottom},
        "context": context or None,
        "metadata_source": taken["source"],
        **{name: taken[name] for name in _TAKEN},
    }


def context_of(row: Row) -> str:
    """The auxiliary text of a good row; empty for none."""
    context: str | None = json.loads(row["record"])["context"]
    return context or ""


_TAKEN = ("pixel_size_nm", "kv", "working_distance_mm", "magnification", "detector")


def columns(rows: Iterable[Row]) -> dict[str, list[Any]]:
    """Rows as the columns of one block."""
    listed = list(rows)
    return {name: [row[name] for row in listed] for name in ("record", "thumbnail", "payload", ERROR)}
