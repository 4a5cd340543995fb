import io
import struct
import zipfile
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from slava.archives import Blob, InputError, Lost, Shard, ShardKind, list_shards, read_shard
from slava.archives.locations import local_location
from slava.failures import Code


def _zip(members: list[tuple[str, bytes]], method: int = zipfile.ZIP_DEFLATED) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", method) as archive:
        for name, data in members:
            archive.writestr(name, data)
    return file.getvalue()


def _read(path: Path, data: bytes, **options: int) -> list[Blob | Lost]:
    path.write_bytes(data)
    return [item for shard in list_shards([str(path)]) for item in read_shard(shard, **options)]


def test_texts_and_ranges(folder: Path, image: bytes, sidecar: str) -> None:
    members = [(f"d/{i}.png", image) for i in range(300)] + [
        (f"d/{i}.txt", sidecar.encode()) for i in range(300)
    ]
    (folder / "a.zip").write_bytes(_zip(members, zipfile.ZIP_STORED))
    shards = list_shards([str(folder)])
    assert [(shard.start, shard.stop) for shard in shards] == [(0, 256), (256, 512), (512, 600)]
    found = [item for shard in shards for item in read_shard(shard)]
    assert [blob.member for blob in found] == [f"d/{i}.png" for i in range(300)]
    assert all(blob.sidecar == sidecar for blob in found)


def test_unsafe_members(folder: Path, image: bytes) -> None:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        for name in ("../a.png", "/b.png", "ok.png"):
            archive.writestr(name, image)
        link = zipfile.ZipInfo("link.png")
        link.external_attr = 0o120777 << 16
        archive.writestr(link, "/etc/passwd")
    found = _read(folder / "a.zip", file.getvalue())
    assert [item.member for item in found if isinstance(item, Blob)] == ["ok.png"]
    assert [item.failure.code for item in found if isinstance(item, Lost)] == [Code.UNSAFE_NAME] * 3


def test_encrypted_members(folder: Path, image: bytes) -> None:
    data = bytearray(_zip([("a.png", image)]))
    data[data.index(b"PK\1\2") + 8] |= 1
    data[6] |= 1
    [lost] = _read(folder / "a.zip", bytes(data))
    assert lost.failure.code is Code.UNSUPPORTED
    assert "password" in lost.failure.message


def test_a_bomb_is_not_inflated(folder: Path) -> None:
    bomb = _zip([("a.png", bytes(20_000_000))])
    assert len(bomb) < 100_000
    [lost] = _read(folder / "a.zip", bomb, max_bytes=1_000_000)
    assert lost.failure.code is Code.TOO_LARGE


def test_a_bomb_that_lies_about_its_size(folder: Path) -> None:
    bomb = bytearray(_zip([("a.png", bytes(20_000_000))]))
    directory = bomb.index(b"PK\1\2")
    bomb[directory + 24 : directory + 28] = struct.pack("<I", 1000)
    bomb[22:26] = struct.pack("<I", 1000)
    [lost] = _read(folder / "a.zip", bytes(bomb), max_bytes=1_000_000)
    assert lost.failure.code is Code.BROKEN_ARCHIVE


def test_one_damaged_member_costs_only_itself(folder: Path, images: list[bytes]) -> None:
    data = bytearray(_zip([("a.png", images[0]), ("b.png", images[1])], zipfile.ZIP_STORED))
    data[200] ^= 0xFF
    found = _read(folder / "a.zip", bytes(data))
    assert [(item.member, type(item)) for item in found] == [("a.png", Lost), ("b.png", Blob)]
    assert found[0].failure.code is Code.BROKEN_ARCHIVE


@pytest.mark.parametrize("keep", [0.0, 0.5, 0.95])
def test_a_cut_zip_is_one_loss(folder: Path, image: bytes, keep: float) -> None:
    whole = _zip([("a.png", image), ("b.png", image)])
    [lost] = _read(folder / "a.zip", whole[: int(len(whole) * keep)])
    assert (lost.member, lost.failure.code) == (None, Code.BROKEN_ARCHIVE)


def test_a_zip_without_images_is_refused(folder: Path) -> None:
    (folder / "a.zip").write_bytes(_zip([("a.csv", b"1,2"), ("b.txt", b"said")]))
    with pytest.raises(InputError, match="nothing in it"):
        list_shards([str(folder / "a.zip")])


def test_names_in_shift_jis(folder: Path, image: bytes) -> None:
    data = _zip([("AAAA.png", image)]).replace(b"AAAA", "試料".encode("cp932"))
    assert [blob.member for blob in _read(folder / "a.zip", data)] == ["試料.png"]


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(changes=st.lists(st.tuples(st.integers(0, 4000), st.integers(0, 255)), max_size=6))
def test_damage_never_raises(folder: Path, images: list[bytes], changes: list[tuple[int, int]]) -> None:
    data = bytearray(_zip([("a.png", images[0]), ("a.txt", b"said"), ("b.png", images[1])]))
    for where, value in changes:
        data[where % len(data)] = value
    (folder / "a.zip").write_bytes(bytes(data))
    list(read_shard(Shard(ShardKind.ZIP, local_location(str(folder / "a.zip")))))
