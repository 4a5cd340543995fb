"""Writes docs/results.md from the schemas: `python -m slava.results.document`."""

from collections.abc import Iterator
from pathlib import Path

import pyarrow as pa
from pydantic import BaseModel

from slava.report.summary import Counts, LabelFigures, Range, RunFacts, StageFigures, Summary
from slava.results.schema import DEAD_LETTERS, RESULTS

TARGET = Path(__file__).parents[2] / "docs" / "results.md"

_HEAD = """\
# What a screening writes

Made by `python -m slava.results.document` from the schemas themselves; do not edit.

Under `--output` lie `results/*.parquet` with one row for each image that was screened,
`dead_letters/*.parquet` with one row for each input that could not be, and two reports over both:
`report.json` and `report.html`. `python -m slava.report OUTPUT` makes the reports anew.

A missing value is null. A file name that is not valid UTF-8 is stored with its odd bytes as escapes
(`a\\udcff.tif`)."""


def document() -> str:
    """Return the text of docs/results.md."""
    blocks = [
        _HEAD,
        "## results/*.parquet",
        _table("Column | Type | Meaning", _columns(RESULTS)),
        "## dead_letters/*.parquet",
        _table("Column | Type | Meaning", _columns(DEAD_LETTERS)),
        "## report.json",
        _table("Key | Meaning", _keys(Summary)),
        _nested("counts", Counts),
        _nested("labels.*", LabelFigures),
        _nested("stages.*", StageFigures),
        _nested("acquisition_ranges.*", Range),
    ]
    return "\n\n".join(blocks) + "\n"


def _columns(schema: pa.Schema) -> Iterator[str]:
    for field in schema:
        yield f"`{field.name}` | `{_type(field.type)}` | {field.metadata[b'description'].decode()}"


def _type(kind: pa.DataType) -> str:
    return str(kind).replace("list<element: ", "list<").replace("list<item: ", "list<")


def _keys(model: type[BaseModel]) -> Iterator[str]:
    own_first = sorted(model.model_fields, key=lambda name: name in RunFacts.model_fields)
    for name in own_first:
        meaning = " ".join((model.model_fields[name].description or "").split())
        yield f"`{name}` | {meaning}"


def _nested(place: str, model: type[BaseModel]) -> str:
    return f"### `{place}`\n\n{_table('Key | Meaning', _keys(model))}"


def _table(head: str, rows: Iterator[str]) -> str:
    rule = " | ".join("---" for _ in head.split(" | "))
    return "\n".join(f"| {line} |" for line in (head, rule, *rows))


if __name__ == "__main__":
    TARGET.write_text(document(), encoding="utf-8")
