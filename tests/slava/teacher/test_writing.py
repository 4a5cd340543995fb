"""Files that appear whole, what a crash leaves, and what a later run sees of it."""

import json
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from slava.failures import Code, InputFailure, Stage
from slava.results import Output, open_output, read_dead_letters
from slava.screening.records import failed
from slava.teacher.exporting import export
from slava.teacher.filters import Rejection
from slava.teacher.http.budget import Usage
from slava.teacher.resuming import look_back, rows
from slava.teacher.tables import CONVERSATIONS, SCHEMAS
from slava.teacher.triples import Triple
from slava.teacher.writing import Writer

ASKED = {"status": "answered", "requests": 1, "prompt_tokens": 9, "answer_tokens": 2, "thumbnail": b"jpeg"}
ORIGIN = {"teacher": "measuring", "prompt_digest": "d"}
TAUGHT = Triple("size", "How large?", "10 nm.", "One spans a tenth.")
BAD = Triple("size", "How large is a.tif?", "10 nm.")


def _image(number: int) -> dict[str, Any]:
    place = {"image": f"/in/\udcff{number}.tif", "member": None, "page": 0}
    return {**place, "image_id": f"{number:064x}", "label": "Tips"}


@pytest.fixture
def output(tmp_path: Path) -> Output:
    return open_output(str(tmp_path / "out"))


@pytest.fixture
def written(output: Output) -> Output:
    """A good micrograph, one with an unreadable reply, and one that failed."""
    writer = Writer(output, "run-1", ORIGIN)
    writer.add(_image(1), [(TAUGHT, None), (BAD, Rejection("leak", "a.tif"))], ASKED)
    writer.add_unreadable(_image(2), "unreadable", "blah", {**ASKED, "status": "unreadable"})
    letter = json.loads(failed("/in/3.tif", None, InputFailure(Stage.GENERATE, Code.ENGINE, "503"))["record"])
    writer.add_failed(letter)
    writer.add_vain(_image(3), {**ASKED, "status": "failed"})
    writer.flush()
    return output


def test_rows_are_as_documented(written: Output) -> None:
    (row,) = rows(written, "conversations", CONVERSATIONS.names)
    assert row["id"] == f"{1:064x}-0"
    assert row["image"] == "/in/\\udcff1.tif"
    assert row["conversations"] == [
        {"from": "human", "value": "<image>\nHow large? Think step by step."},
        {"from": "gpt", "value": "One spans a tenth. Answer: 10 nm."},
    ]
    assert (row["teacher"], row["run_id"], row["label"]) == ("measuring", "run-1", "Tips")
    reasons = [r["reason"] for r in rows(written, "rejected", ["reason"])]
    assert reasons == ["leak", "unreadable"]
    assert [b["code"].to_pylist() for b in read_dead_letters(written, ["code"])] == [["engine"]]
    assert all(field.metadata[b"description"] for schema in SCHEMAS.values() for field in schema)


def test_what_is_done_is_known_and_what_failed_is_not_done(written: Output) -> None:
    past = look_back(written)
    assert past.done == {f"{1:064x}", f"{2:064x}"}
    assert past.usage == Usage(27, 6)
    assert past.duplicates.taught.total() == 1


def test_a_batch_without_its_images_is_as_if_it_were_never_written(written: Output) -> None:
    writer = Writer(written, "run-2", ORIGIN)
    writer.add(_image(4), [(TAUGHT, None)], ASKED)
    writer.flush()
    written.filesystem.delete_file(f"{written.path}/images/run-2-00000.parquet")
    assert f"{4:064x}" not in look_back(written).done
    assert [row["run_id"] for row in rows(written, "conversations", ["run_id"])] == ["run-1"]


def test_all_is_exported_to_one_file_each(written: Output) -> None:
    export(written)
    lines = [json.loads(line) for line in Path(written.path, "conversations.jsonl").read_text().splitlines()]
    table = pq.read_table(Path(written.path, "conversations.parquet"))
    assert table.num_rows == len(lines) == 1
    assert lines[0]["conversations"] == table.to_pylist()[0]["conversations"]
    assert table.schema.equals(CONVERSATIONS)
    assert not list(Path(written.path).rglob("*.part"))


def test_an_output_without_conversations_exports_empty_files(output: Output) -> None:
    export(output)
    assert Path(output.path, "conversations.jsonl").read_text() == ""
    assert pq.read_table(Path(output.path, "conversations.parquet")).num_rows == 0
