import json
import os

import boto3
import numpy as np
import pyarrow.parquet as pq
import pytest
from pyarrow import fs

from slava.failures import Code, InputFailure, Stage
from slava.results import RESULTS, open_output, read_dead_letters, read_results, results_table
from slava.screening import writing
from slava.screening.done import find_done
from slava.screening.records import failed
from slava.screening.writing import ResultWriter

COMMON = {"task": "classify", "model": "nano"}


@pytest.fixture
def output(tmp_path):
    return open_output(str(tmp_path))


def _result(name, span=(1.0, 2.0)):
    place = {"uri": name, "member": None, "page": 0, "pages": 1}
    features = np.array([0.5, -2.0], np.float32)
    told = {"label": "Tips", "features": features, "engine_span": list(span), "timings": {"read_s": 0.1}}
    return {**place, **told}


def _dead(name):
    row = failed(name, None, InputFailure(Stage.READ, Code.EMPTY, "no bytes"))
    return json.loads(row["record"])


def _rows(batches):
    return [row for batch in batches for row in batch.to_pylist()]


def _files(tmp_path):
    return sorted(str(path.relative_to(tmp_path)) for path in tmp_path.rglob("*") if path.is_file())


def test_the_rest_is_written_at_the_end(output, tmp_path):
    with ResultWriter(output, "run", COMMON) as writer:
        writer.add(_result("a.png"), b"jpeg")
        writer.add(_dead("b.png"), b"")
        assert _files(tmp_path) == []
    assert _files(tmp_path) == ["dead_letters/run-00000.parquet", "results/run-00000.parquet"]
    (row,) = _rows(read_results(output))
    assert set(row) == set(RESULTS.names)
    assert (row["uri"], row["label"], row["thumbnail"], row["run_id"]) == ("a.png", "Tips", b"jpeg", "run")
    assert (row["task"], row["model"]) == ("classify", "nano")
    assert row["features"] == [0.5, -2.0]
    assert row["timings"]["generate_s"] == 1.0
    assert row["finished_at"].tzinfo
    (letter,) = _rows(read_dead_letters(output))
    assert (letter["uri"], letter["code"], letter["run_id"]) == ("b.png", "empty", "run")


def test_files_are_full_after_so_many_rows(output, tmp_path, monkeypatch):
    monkeypatch.setattr(writing, "ROWS_A_FILE", 3)
    with ResultWriter(output, "run", COMMON) as writer:
        for index in range(7):
            writer.add(_dead(f"{index}") if index % 2 else _result(f"{index}"), b"")
            assert (
                len(_rows(read_results(output))) + len(_rows(read_dead_letters(output)))
                == (index + 1) // 3 * 3
            )
    written = [row["uri"] for row in [*_rows(read_results(output)), *_rows(read_dead_letters(output))]]
    assert sorted(written) == [f"{index}" for index in range(7)]


def test_no_row_waits_for_long(output):
    writer = ResultWriter(output, "run", COMMON)
    writer.add(_result("a"), b"")
    writer.oldest -= writing.SECONDS_A_FILE + 1
    writer.add(_result("b"), b"")
    assert len(_rows(read_results(output))) == 2
    writer.add(_result("c"), b"")
    assert len(_rows(read_results(output))) == 2


def test_what_came_before_an_error_is_kept(output):
    def screening():
        with ResultWriter(output, "run", COMMON) as writer:
            writer.add(_result("a"), b"")
            raise RuntimeError("a bug")

    with pytest.raises(RuntimeError, match="a bug"):
        screening()
    assert find_done(output).has("a", None)


def test_half_a_file_is_never_read(output, tmp_path, monkeypatch):
    def full_disk(table, name, filesystem, **_):
        with filesystem.open_output_stream(name) as stream:
            stream.write(b"PAR1")
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(writing.pq, "write_table", full_disk)
    with pytest.raises(OSError, match="No space"), ResultWriter(output, "run", COMMON) as writer:
        writer.add(_result("a"), b"")
    assert _files(tmp_path) == ["results/run-00000.parquet.part"]
    assert _rows(read_results(output)) == []


def test_the_engines_time_is_shared(output):
    with ResultWriter(output, "run", COMMON) as writer:
        for name, span in (("a", (0.0, 4.0)), ("b", (0.0, 4.0)), ("c", (10.0, 11.0))):
            writer.add(_result(name, span), b"")
    assert [row["timings"]["generate_s"] for row in _rows(read_results(output))] == [2.0, 2.0, 1.0]


def test_an_output_of_an_earlier_version_goes_on(output, tmp_path):
    (tmp_path / "results").mkdir()
    earlier = results_table([{"uri": "a", "page": 0, "pages": 1}]).drop_columns(["features"])
    pq.write_table(earlier, tmp_path / "results/earlier-00000.parquet")
    assert find_done(output).has("a", None)
    with ResultWriter(output, "run", COMMON) as writer:
        writer.add(_result("b"), b"jpeg")
    rows = _rows(read_results(output))
    assert [(row["uri"], row["features"]) for row in rows] == [("a", None), ("b", [0.5, -2.0])]
    assert find_done(output).has("b", None)


def test_a_row_is_fetched_with_few_others(output, monkeypatch):
    monkeypatch.setattr(writing, "ROWS_A_GROUP", 2)
    with ResultWriter(output, "run", COMMON) as writer:
        for name in "abcde":
            writer.add(_result(name), b"")
    (file,) = output.filesystem.get_file_info(fs.FileSelector(f"{output.path}/results"))
    assert pq.ParquetFile(file.path).num_row_groups == 3


def test_on_s3(s3):
    output = open_output(s3)
    with ResultWriter(output, "run", COMMON) as writer:
        writer.add(_result("a"), b"")
        writer.flush()
        writer.add(_result("b"), b"")
        writer.add(_dead("c"), b"")
    assert [row["uri"] for row in _rows(read_results(output))] == ["a", "b"]
    assert [row["uri"] for row in _rows(read_dead_letters(output))] == ["c"]
    assert find_done(output).has("b", None)
    store = boto3.client("s3", endpoint_url=os.environ["AWS_ENDPOINT_URL"])
    keys = [item["Key"] for item in store.list_objects_v2(Bucket="screened")["Contents"]]
    assert not [key for key in keys if key.endswith(".part")]
