"""The schemas of what is generated; every field with its description. Fields are added at the end only."""

import json
from collections.abc import Iterable
from typing import Any

import pyarrow as pa

from slava.results import storable

_STRING, _INT = pa.string(), pa.int64()
_TURNS = pa.list_(pa.struct([("from", _STRING), ("value", _STRING)]))
_TIME = pa.timestamp("us", tz="UTC")


def _field(name: str, kind: pa.DataType, description: str) -> pa.Field:
    return pa.field(name, kind, metadata={"description": description})


_IMAGE = [
    _field("image", _STRING, "The file or archive that the image came from, as it was listed."),
    _field("member", _STRING, "The image's name inside the archive; null for a loose file."),
    _field("page", pa.int32(), "The page within the file, from 0."),
    _field("image_id", _STRING, "SHA-256 of the file's content; later pages have `#page` appended."),
    _field("label", _STRING, "The class that the teacher was told; null for none."),
]
_ORIGIN = [
    _field("teacher", _STRING, "`measuring`, or the model's name and the endpoint's host."),
    _field("prompt_digest", _STRING, "SHA-256 of the prompts, or of the measuring teacher's phrases."),
    _field("run_id", _STRING, "The run that wrote the row."),
    _field("written_at", _TIME, "When, UTC."),
]
_TRIPLE = [
    _field("conversations", _TURNS, "LLaVA's layout: `from` human with `<image>`, then `from` gpt."),
    _field("facet", _STRING, "What it is about."),
]

CONVERSATIONS = pa.schema(
    [_field("id", _STRING, "`image_id`, a hyphen, a number."), *_IMAGE, *_TRIPLE, *_ORIGIN]
)
"""One row for each triple that is taught."""

REJECTED = pa.schema(
    [
        *_IMAGE,
        *_TRIPLE,
        _field("reason", _STRING, "refusal, leak, contradiction, length, near_duplicate or unreadable."),
        _field("detail", _STRING, "What exactly; the reply itself where it could not be read."),
        *_ORIGIN,
    ]
)
"""One row for each triple, or each reply, that is not taught."""

IMAGES = pa.schema(
    [
        *_IMAGE,
        _field("status", _STRING, "answered, unreadable, refused, or failed (to be asked again)."),
        _field("taught", _INT, "Triples that are taught."),
        _field("rejected", _INT, "Triples that are not."),
        _field("requests", _INT, "Sent to the endpoint, retries included."),
        _field("prompt_tokens", _INT, "As the endpoint counts them, of all requests."),
        _field("answer_tokens", _INT, "As the endpoint counts them, of all requests."),
        _field("thumbnail", pa.binary(), "A small JPEG of what the teacher saw."),
        *_ORIGIN,
    ]
)
"""One row for each micrograph that was asked about."""

SCHEMAS = {"conversations": CONVERSATIONS, "rejected": REJECTED, "images": IMAGES}
"""By folder, in the order in which a batch of rows is written: a batch counts once its images are there."""


def table(folder: str, rows: Iterable[dict[str, Any]]) -> pa.Table:
    """Rows as a table of the folder's schema; lone surrogates become their escapes."""
    return pa.Table.from_pylist([_storable(row) for row in rows], schema=SCHEMAS[folder])


def _storable(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _storable(part) for name, part in value.items()}
    if isinstance(value, list):
        return [_storable(part) for part in value]
    return storable(value) if isinstance(value, str) else value


def to_json(row: dict[str, Any]) -> str:
    """A row of CONVERSATIONS as a line of JSONL."""
    return json.dumps({**row, "written_at": row["written_at"].isoformat()}, ensure_ascii=False)
