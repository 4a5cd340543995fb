import io
import tarfile
import zipfile

import pyarrow as pa
import pytest
from pyarrow import parquet

from slava.archives import list_shards
from slava.screening.counting import count_inputs


def _tar(path, names, mode="w", data=b"x" * 700):
    with tarfile.open(path, mode) as tar:
        for name in names:
            info = tarfile.TarInfo(name)
            info.size = len(data)
            tar.addfile(info, io.BytesIO(data))


NAMES = ["a.png", "a.png.txt", "x/b.tif", "c.dm3", ".hidden.png", "notes.csv"]


@pytest.mark.parametrize("split", [1, 32])
def test_loose_files(folder, png, split):
    for index in range(5):
        (folder / f"{index}.png").write_bytes(png(index))
    (folder / "0.txt").write_text("a description")
    assert count_inputs(list_shards([str(folder)], files_per_shard=split)) == 5


def test_archives(folder):
    _tar(folder / "a.tar", NAMES)
    with zipfile.ZipFile(folder / "b.zip", "w") as archive:
        for name in NAMES:
            archive.writestr(name, b"x")
    parquet.write_table(pa.table({"image": [b"x"] * 7}), folder / "c.parquet", row_group_size=2)
    counts = {
        name: count_inputs(list_shards([str(folder / name)])) for name in ("a.tar", "b.zip", "c.parquet")
    }
    assert counts == {"a.tar": 3, "b.zip": 3, "c.parquet": 7}
    assert count_inputs(list_shards([str(folder)])) == 13


def test_a_large_zip_is_counted_once(folder):
    with zipfile.ZipFile(folder / "b.zip", "w") as archive:
        for index in range(600):
            archive.writestr(f"{index}.png", b"x")
    shards = list_shards([str(folder)])
    assert len(shards) > 1
    assert count_inputs(shards) == 600


def test_a_compressed_tar_would_have_to_be_read(folder):
    _tar(folder / "a.tar.gz", NAMES, "w:gz")
    (folder / "b.png").write_bytes(b"x")
    assert count_inputs(list_shards([str(folder)])) is None


@pytest.mark.parametrize("name", ["a.tar", "a.zip", "a.parquet"])
def test_a_broken_archive_counts_as_one(folder, name):
    (folder / name).write_bytes(b"neither this nor that " * 50)
    assert count_inputs(list_shards([str(folder)])) == 1


def test_a_tar_that_breaks_off_counts_as_far_as_it_goes(folder):
    _tar(folder / "a.tar", ["a.png", "b.png", "c.png"])
    (folder / "a.tar").write_bytes((folder / "a.tar").read_bytes()[: 2 * (512 + 1024) + 512 + 100])
    assert count_inputs(list_shards([str(folder)])) == 3
