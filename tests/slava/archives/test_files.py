import os
from pathlib import Path

import pytest

from slava.archives import Blob, Lost, list_shards, read_shard
from slava.failures import Code


def _codes(folder: Path, **options: int) -> dict[str, object]:
    found = [item for shard in list_shards([str(folder)]) for item in read_shard(shard, **options)]
    return {Path(item.uri).name: item.failure.code if isinstance(item, Lost) else None for item in found}


def test_each_input_gives_one_blob_or_one_loss(folder: Path, image: bytes) -> None:
    (folder / "good.PNG").write_bytes(image)
    (folder / "text.png").write_text("not an image, but named as one")
    (folder / "empty.tif").touch()
    (folder / "raw.dm3").write_bytes(b"\0\0\0\3")
    (folder / "scan0001").write_bytes(image)
    (folder / "README").write_text("no image")
    (folder / "notes.txt").write_text("no image")
    assert _codes(folder) == {
        "good.PNG": None,
        "text.png": None,
        "empty.tif": Code.EMPTY,
        "raw.dm3": Code.UNSUPPORTED,
        "scan0001": None,
    }


def test_a_file_that_vanishes(folder: Path, image: bytes) -> None:
    (folder / "a.png").write_bytes(image)
    [shard] = list_shards([str(folder)])
    (folder / "a.png").unlink()
    [lost] = read_shard(shard)
    assert lost.failure.code is Code.VANISHED


def test_a_fifo_does_not_wait_for_ever(folder: Path) -> None:
    os.mkfifo(folder / "a.png")
    assert _codes(folder) == {"a.png": Code.UNREADABLE}


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_a_forbidden_file(folder: Path, image: bytes) -> None:
    (folder / "a.png").write_bytes(image)
    (folder / "a.png").chmod(0)
    assert _codes(folder) == {"a.png": Code.UNREADABLE}


def test_a_file_beyond_the_limit(folder: Path, image: bytes) -> None:
    (folder / "a.png").write_bytes(image)
    assert _codes(folder, max_bytes=10) == {"a.png": Code.TOO_LARGE}


def test_texts_are_told_apart(folder: Path, image: bytes, sidecar: str) -> None:
    (folder / "a.jpg").write_bytes(image)
    (folder / "a.jpg.txt").write_bytes(sidecar.encode("utf-16"))
    (folder / "a.json").write_text('{"caption": "pores", "kv": 5}')
    [blob] = [item for shard in list_shards([str(folder)]) for item in read_shard(shard)]
    assert isinstance(blob, Blob)
    assert blob.sidecar == sidecar
    assert blob.description == "pores"
