import json

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from slava.datasets import DatasetError
from slava.finetuning.samples import DataError, Sample, read_lessons

RECORD = {
    "image": "s3://fab/lot.tar",
    "member": "a.png",
    "conversations": [
        {"from": "human", "value": "<image>\nWhat is it?"},
        {"from": "gpt", "value": "A wire."},
        {"from": "human", "value": "How long?"},
        {"from": "gpt", "value": "300 nm."},
    ],
}
SAMPLES = (
    Sample("s3://fab/lot.tar", "a.png", "What is it?", "A wire.", None),
    Sample("s3://fab/lot.tar", "a.png", "How long?", "300 nm.", None),
)


def test_class_folders(classes):
    lessons = read_lessons(str(classes))
    assert lessons.labels == ("bands", "dots", "noise")
    assert len(lessons.samples) == 36
    assert {(s.answer, s.label) for s in lessons.samples} == {(label, label) for label in lessons.labels}
    assert "bands, dots, noise" in lessons.samples[0].question


def test_conversations(tmp_path):
    lines, table = tmp_path / "a.jsonl", tmp_path / "a.parquet"
    lines.write_text(json.dumps(RECORD) + "\n\n")
    pq.write_table(pa.Table.from_pylist([RECORD]), table)
    assert read_lessons(str(lines)).samples == SAMPLES == read_lessons(str(table)).samples


def test_classes_and_conversations(classes, tmp_path):
    lines = tmp_path / "a.jsonl"
    lines.write_text(json.dumps(RECORD))
    lessons = read_lessons(str(lines), str(classes))
    assert lessons.samples == SAMPLES + read_lessons(str(classes)).samples
    assert lessons.labels == ("bands", "dots", "noise")
    with pytest.raises(DataError, match="one folder of class folders at most"):
        read_lessons(str(classes), str(classes))


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("{", "line 1 is not JSON"),
        ('{"image": "a.png"}', "line 1: needs `image` and `conversations`"),
        (
            json.dumps({**RECORD, "conversations": RECORD["conversations"][:3]}),
            "line 1: turns must alternate",
        ),
        ("", "no conversations"),
    ],
)
def test_bad_lines(tmp_path, text, message):
    (tmp_path / "a.jsonl").write_text(text)
    with pytest.raises(DataError, match=message):
        read_lessons(str(tmp_path / "a.jsonl"))


def test_no_such_data(tmp_path):
    with pytest.raises(DataError, match="no such folder or file"):
        read_lessons(str(tmp_path / "nothing"))


def test_an_empty_class(tmp_path):
    (tmp_path / "a").mkdir()
    (tmp_path / "b").mkdir()
    with pytest.raises(DatasetError, match="no images in it"):
        read_lessons(str(tmp_path))
