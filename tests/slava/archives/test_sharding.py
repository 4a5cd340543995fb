from pathlib import Path

import pytest

from slava.archives import InputError, ShardKind, list_shards, read_shard


def _read(*uris: object, **options: int) -> list[object]:
    return [
        found for shard in list_shards([str(uri) for uri in uris], **options) for found in read_shard(shard)
    ]


def test_a_missing_input_is_named(folder: Path) -> None:
    with pytest.raises(InputError, match=r"--input .*nowhere: no such file or folder"):
        list_shards([str(folder / "nowhere")])


def test_an_empty_folder_is_refused(folder: Path) -> None:
    (folder / "notes.md").write_text("none")
    with pytest.raises(InputError, match="nothing in it is an image"):
        list_shards([str(folder)])


def test_a_file_that_is_no_image_by_name_is_refused(folder: Path) -> None:
    (folder / "a.docx").write_bytes(b"x")
    with pytest.raises(InputError, match="neither an image nor an archive"):
        list_shards([str(folder / "a.docx")])


def test_groups_part_no_text_from_its_image(folder: Path, image: bytes, sidecar: str) -> None:
    for index in range(7):
        (folder / f"mag 0.5x {index}.png").write_bytes(image)
        (folder / f"mag 0.5x {index}.TXT").write_text(sidecar)
        (folder / f"mag 0.5x {index}.png.txt").write_text(f"sample {index}")
    shards = list_shards([str(folder)], files_per_shard=2)
    assert [len(shard.names) for shard in shards] == [2, 2, 2, 1]
    blobs = _read(folder, files_per_shard=2)
    assert [blob.description for blob in blobs] == [f"sample {index}" for index in range(7)]
    assert all(blob.sidecar == sidecar for blob in blobs)


def test_the_same_input_twice_is_read_once(folder: Path, image: bytes) -> None:
    (folder / "a.png").write_bytes(image)
    assert len(_read(folder, folder)) == 1
    assert len(_read(folder, folder / "a.png")) == 2


def test_one_file_brings_its_texts(folder: Path, image: bytes, sidecar: str) -> None:
    (folder / "a.png").write_bytes(image)
    (folder / "a.txt").write_text(sidecar)
    (folder / "b.txt").write_text("not mine")
    [shard] = list_shards([(folder / "a.png").as_uri()])
    assert shard.kind is ShardKind.FILES
    assert shard.texts == ("a.txt",)
    assert [blob.sidecar for blob in read_shard(shard)] == [sidecar]


def test_one_file_without_extension_is_taken_by_its_content(folder: Path, image: bytes) -> None:
    (folder / "a").write_bytes(image)
    (folder / "b").write_bytes(b"not an image")
    assert len(_read(folder / "a")) == 1
    with pytest.raises(InputError, match="neither"):
        list_shards([str(folder / "b")])


def test_the_order_is_by_name_whatever_the_disk_says(folder: Path, image: bytes) -> None:
    names = ["b/2.png", "b/10.png", "a.png", "c.png", "b/x/1.png"]
    for name in reversed(names):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(image)
    found = [Path(blob.uri).relative_to(folder).as_posix() for blob in _read(folder)]
    assert found == ["a.png", "c.png", "b/10.png", "b/2.png", "b/x/1.png"]
