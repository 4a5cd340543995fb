import os
from pathlib import Path

import pytest

from slava.archives import InputError, list_shards, read_shard
from slava.failures import Code


def test_links_in_a_circle_end(folder: Path, image: bytes) -> None:
    (folder / "sub").mkdir()
    (folder / "sub" / "a.png").write_bytes(image)
    (folder / "sub" / "up").symlink_to(folder)
    (folder / "self.png").symlink_to(folder / "self.png")
    found = [found for shard in list_shards([str(folder)]) for found in read_shard(shard)]
    assert [Path(item.uri).name for item in found] == ["self.png", "a.png"]
    assert found[0].failure.code in (Code.UNREADABLE, Code.VANISHED)


def test_a_linked_folder_is_read(folder: Path, image: bytes, tmp_path: Path) -> None:
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "elsewhere" / "a.png").write_bytes(image)
    (folder / "link").symlink_to(tmp_path / "elsewhere")
    assert len(list_shards([str(folder)])) == 1


def test_names_that_are_not_utf8(folder: Path, image: bytes) -> None:
    path = os.fsencode(folder) + b"/caf\xe9.png"
    with open(path, "wb") as file:  # noqa: PTH123
        file.write(image)
    [shard] = list_shards([str(folder)])
    shard.to_json().encode("ascii")
    [blob] = read_shard(shard)
    assert blob.data == image
    assert blob.uri.endswith("/caf\\xe9.png")


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_forbidden_folders(folder: Path, image: bytes) -> None:
    (folder / "a.png").write_bytes(image)
    (folder / "batch.1").mkdir(mode=0)
    lost = [found for shard in list_shards([str(folder)]) for found in read_shard(shard)][-1]
    assert lost.failure.code is Code.UNREADABLE
    assert "batch.1" in lost.uri
    with pytest.raises(InputError, match="permission denied"):
        list_shards([str(folder / "batch.1")])


def test_hidden_things_are_left_out(folder: Path, image: bytes) -> None:
    for name in (
        "._a.png",
        ".trash/a.png",
        "__MACOSX/a.png",
        "Thumbs.db",
        ".DS_Store",
        "a.png",
        "labels.csv",
    ):
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_bytes(image)
    [shard] = list_shards([str(folder)])
    assert shard.names == ("a.png",)
