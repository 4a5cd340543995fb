import pyarrow.parquet as pq
import pytest

from slava.archives import list_shards
from slava.results import dead_letters_table, open_output, read_dead_letters, results_table
from slava.screening.done import (
    Done,
    clear_dead_letters,
    find_done,
)


@pytest.fixture
def output(tmp_path):
    return open_output(str(tmp_path / "out"))


def _write(output, name, *rows, folder="results"):
    table = results_table if folder == "results" else dead_letters_table
    output.filesystem.create_dir(f"{output.path}/{folder}", recursive=True)
    pq.write_table(table(rows), f"{output.path}/{folder}/{name}.parquet", filesystem=output.filesystem)


def _row(uri, member=None, page=0, pages=1):
    return {"uri": uri, "member": member, "page": page, "pages": pages}


def test_nothing_is_done_at_first(output):
    assert find_done(output) == Done()
    assert not find_done(output).has("a.png", None)


def test_of_loose_files_what_is_left_is_known(output, tmp_path):
    names = ["a b.png", "c%d.png", "é.png"]
    for name in (*names, "lot.tar"):
        (tmp_path / name).write_bytes(b"x")
    shards = list_shards([str(tmp_path)])
    assert Done().left(shards) == shards
    _write(output, "1", *(_row(str(tmp_path / name)) for name in names[:2]))
    files, tar = sorted(find_done(output).left(shards), key=lambda shard: shard.kind)
    assert [files.uri_of(name) for name in files.names] == [str(tmp_path / "é.png")]
    assert tar.kind == "tar"
    _write(output, "2", _row(str(tmp_path / "é.png")))
    assert find_done(output).left(shards) == [tar]


def test_inputs_with_a_result_are_done(output):
    _write(output, "1", _row("a.png"), _row("lot.tar", "x.png"))
    done = find_done(output)
    assert done.has("a.png", None)
    assert done.has("lot.tar", "x.png")
    assert not done.has("lot.tar", None)
    assert not done.has("lot.tar", "y.png")


def test_a_file_is_done_when_all_its_pages_are(output):
    _write(output, "1", _row("a.tif", page=0, pages=3), _row("a.tif", page=2, pages=3))
    done = find_done(output)
    assert not done.has("a.tif", None)
    assert [done.has("a.tif", None, page) for page in range(3)] == [True, False, True]
    _write(output, "2", _row("a.tif", page=1, pages=3))
    done = find_done(output)
    assert done.has("a.tif", None)
    assert done.pages == frozenset()


def test_a_page_that_is_there_twice_counts_once(output):
    _write(output, "1", _row("a.tif", page=0, pages=2), _row("a.tif", page=0, pages=2))
    assert not find_done(output).has("a.tif", None)
    _write(output, "2", _row("a.tif", page=1, pages=2), _row("a.tif", page=0, pages=2))
    done = find_done(output)
    assert done.has("a.tif", None)
    assert done.pages == frozenset()


def test_names_that_are_not_utf8(output):
    _write(output, "1", _row("a\udcff.png"), _row("lot.zip", "b\udcfe.png"))
    done = find_done(output)
    assert done.has("a\udcff.png", None)
    assert done.has("lot.zip", "b\udcfe.png")
    assert not done.has("a\udcfe.png", None)


def test_dead_letters_are_tried_again(output):
    failed = {"uri": "b.png", "stage": "decode", "code": "truncated", "message": ""}
    _write(output, "1", _row("a.png"))
    _write(output, "1", failed, folder="dead_letters")
    assert not find_done(output).has("b.png", None)
    clear_dead_letters(output)
    assert list(read_dead_letters(output)) == []
    assert find_done(output).has("a.png", None)
    clear_dead_letters(open_output(f"{output.path}/none"))


def test_on_s3(s3):
    output = open_output(s3)
    _write(output, "1", _row("a.png"))
    _write(output, "1", {"uri": "b.png"}, folder="dead_letters")
    clear_dead_letters(output)
    assert find_done(output).has("a.png", None)
    assert list(read_dead_letters(output)) == []
