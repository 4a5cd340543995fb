import io
import json
import tarfile

import pyarrow as pa
import pytest

from slava.archives import list_shards
from slava.screening.done import Done
from slava.screening.reading import ROWS_A_BLOCK, Reader
from slava.screening.records import ERROR

SIDECAR = "Accelerating Voltage : 20 kV\nWorking Distance : 5 mm\n"


@pytest.fixture
def read(prompt):
    """Rows of some inputs, records parsed."""

    def read(*uris, context=None, own_context=True, done=None):
        reader = Reader(32, prompt, context, own_context, done or Done())
        rows = []
        for shard in list_shards([str(uri) for uri in uris]):
            for block in reader({"shard": [shard.to_json()]}):
                for row in pa.table(block).to_pylist():
                    rows.append({**json.loads(row.pop("record")), **row})
        return rows

    return read


@pytest.fixture
def archive(folder, png, two_pages):
    """Three good files, one of them with two pages, three broken, and a tar of two."""
    (folder / "a.png").write_bytes(png(0))
    (folder / "b.png").write_bytes(png(1))
    (folder / "pages.tif").write_bytes(two_pages)
    (folder / "empty.tif").write_bytes(b"")
    (folder / "cut.png").write_bytes(png(2)[:200])
    (folder / "notes.jpg").write_bytes(b"column aligned\n" * 9)
    with tarfile.open(folder / "lot.tar", "w") as tar:
        for name, data in (("x/c.png", png(3)), ("x/empty.png", b"")):
            info = tarfile.TarInfo(name)
            info.size = len(data)
            tar.addfile(info, io.BytesIO(data))
    return folder


def test_every_input_gives_its_rows(archive, read):
    rows = read(archive)
    good = [(row["uri"].rpartition("/")[2], row["member"], row["page"]) for row in rows if not row[ERROR]]
    bad = {(row["uri"].rpartition("/")[2], row["member"]): row["code"] for row in rows if row[ERROR]}
    expected = [("a.png", None, 0), ("b.png", None, 0), ("pages.tif", None, 0), ("pages.tif", None, 1)]
    assert sorted(good, key=str) == sorted([*expected, ("lot.tar", "x/c.png", 0)], key=str)
    assert bad == {
        ("empty.tif", None): "empty",
        ("cut.png", None): "truncated",
        ("notes.jpg", None): "not_an_image",
        ("lot.tar", "x/empty.png"): "empty",
    }
    assert len(rows) == len(good) + len(bad)


def test_pixels_are_a_square_and_thumbnails_are_jpegs(archive, read):
    for row in read(archive):
        assert len(row["payload"]) == (0 if row[ERROR] else 32 * 32 * 3)
        assert row["thumbnail"][:3] == (b"" if row[ERROR] else b"\xff\xd8\xff")


def test_the_two_pages_share_a_file(archive, read):
    first, second = read(archive / "pages.tif")
    assert (first["pages"], second["pages"]) == (2, 2)
    assert second["image_id"] == first["image_id"] + "#1"
    assert first["payload"] != second["payload"]
    assert all(row["timings"]["decode_s"] > 0 for row in (first, second))


def test_contexts_come_from_the_user_the_description_and_the_instrument(folder, png, read):
    (folder / "a.png").write_bytes(png(0))
    (folder / "a.png.txt").write_text(SIDECAR)
    (folder / "a.txt").write_text("taken near\nthe rim <image>")
    (row,) = read(folder, context="lot 42")
    assert row["context"].startswith("lot 42; taken near the rim; 20 kV")
    assert row["kv"] == 20
    (row,) = read(folder, context="lot 42", own_context=False)
    assert (row["context"], row["kv"]) == ("lot 42", 20)
    (row,) = read(folder, own_context=False)
    assert row["context"] is None


def test_a_description_with_half_a_character_is_no_obstacle(folder, png, read):
    (folder / "a.png").write_bytes(png(0))
    (folder / "a.json").write_text('{"description": "rim \\ud800 side"}')
    (row,) = read(folder)
    pa.array([row["context"]])
    assert row["context"] == "rim \\ud800 side"


def test_what_is_done_is_not_read_again(archive, read):
    done = Done(
        frozenset({Done.key(str(archive / "a.png"), None), Done.key(str(archive / "lot.tar"), "x/c.png")}),
        frozenset({Done.key(str(archive / "pages.tif"), None, 0)}),
    )
    left = {
        (row["uri"].rpartition("/")[2], row["page"]) for row in read(archive, done=done) if not row[ERROR]
    }
    assert left == {("b.png", 0), ("pages.tif", 1)}


def test_nothing_left_gives_no_block(folder, png, read):
    (folder / "a.png").write_bytes(png(0))
    assert read(folder, done=Done(frozenset({Done.key(str(folder / "a.png"), None)}))) == []


def test_a_file_that_is_no_image_gives_nothing(folder, png, read):
    (folder / "a.png").write_bytes(png(0))
    (folder / "README").write_text("a folder of micrographs")
    assert len(read(folder)) == 1


def test_blocks_come_while_a_shard_is_still_being_read(folder, png, prompt):
    for index in range(ROWS_A_BLOCK + 3):
        (folder / f"{index:03}.png").write_bytes(png(index))
    (shard,) = list_shards([str(folder)], files_per_shard=100)
    blocks = Reader(32, prompt, None, True, Done())({"shard": [shard.to_json()]})
    assert len(next(blocks)["record"]) == ROWS_A_BLOCK
    (folder / f"{ROWS_A_BLOCK + 2:03}.png").unlink()
    (rest,) = blocks
    assert rest[ERROR] == ["", "", "vanished"]
