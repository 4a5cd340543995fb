import io
import tarfile
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from slava.archives import Blob, Lost, Shard, ShardKind, list_shards, read_shard
from slava.archives.locations import local_location
from slava.failures import Code


def _tar(members: list[tuple[str, bytes]], mode: str = "w", **options: object) -> bytes:
    file = io.BytesIO()
    with tarfile.open(fileobj=file, mode=mode, **options) as tar:
        for name, data in members:
            info = tarfile.TarInfo(name)
            info.size = len(data)
            tar.addfile(info, io.BytesIO(data))
    return file.getvalue()


def _read(path: Path, data: bytes, **options: int) -> list[Blob | Lost]:
    path.write_bytes(data)
    return list(read_shard(Shard(ShardKind.TAR, local_location(str(path))), **options))


@pytest.mark.parametrize(
    ("name", "mode"), [("a.tar", "w"), ("a.tar.gz", "w:gz"), ("a.tgz", "w:gz"), ("a.tar.xz", "w:xz")]
)
def test_texts_in_any_order(folder: Path, images: list[bytes], sidecar: str, name: str, mode: str) -> None:
    members = [
        ("x/1.txt", sidecar.encode()),
        ("x/1.png", images[0]),
        ("x/2.png", images[1]),
        ("x/3.png", images[2]),
    ]
    members += [("x/2.png.txt", b"said"), ("x/3.json", b'{"caption": "far"}'), ("README.md", b"no")]
    (folder / name).write_bytes(_tar(members, mode))
    [shard] = list_shards([str(folder)])
    found = list(read_shard(shard))
    assert [(blob.member, blob.sidecar, blob.description) for blob in found] == [
        ("x/1.png", sidecar, None),
        ("x/2.png", None, "said"),
        ("x/3.png", None, "far"),
    ]
    assert [blob.data for blob in found] == images[:3]
    assert found[0].uri == str(folder / name)


def test_unsafe_members_are_lost_and_nothing_is_written(folder: Path, image: bytes) -> None:
    file = io.BytesIO()
    with tarfile.open(fileobj=file, mode="w") as tar:
        for name in ("../out.png", "/abs.png", "ok.png"):
            info = tarfile.TarInfo(name)
            info.size = len(image)
            tar.addfile(info, io.BytesIO(image))
        for name, kind in (
            ("link.png", tarfile.SYMTYPE),
            ("hard.png", tarfile.LNKTYPE),
            ("dev.png", tarfile.CHRTYPE),
        ):
            info = tarfile.TarInfo(name)
            info.type, info.linkname = kind, "/etc/passwd"
            tar.addfile(info)
    found = _read(folder / "a.tar", file.getvalue())
    assert [item.member for item in found if isinstance(item, Blob)] == ["ok.png"]
    assert {item.failure.code for item in found if isinstance(item, Lost)} == {Code.UNSAFE_NAME}
    assert len(found) == 6
    assert [path.name for path in folder.rglob("*")] == ["a.tar"]


@pytest.mark.parametrize("mode", ["w", "w:gz"])
def test_what_is_before_a_break_is_read(folder: Path, images: list[bytes], mode: str) -> None:
    whole = _tar([(f"{i}.png", data) for i, data in enumerate(images)], mode)
    found = _read(folder / "a.tar", whole[: len(whole) // 2])
    assert 1 <= len(found) <= len(images)
    assert [blob.data for blob in found[:-1]] == images[: len(found) - 1]
    assert (found[-1].member, found[-1].failure.code) == (None, Code.BROKEN_ARCHIVE)


def test_a_cut_between_members_is_noticed(folder: Path, images: list[bytes]) -> None:
    whole = _tar([("a.png", images[0]), ("b.png", images[1])], format=tarfile.USTAR_FORMAT)
    cut = 512 + -(-len(images[0]) // 512) * 512
    found = _read(folder / "a.tar", whole[:cut])
    assert [type(item) for item in found] == [Blob, Lost]


def test_a_damaged_header_is_noticed(folder: Path, images: list[bytes]) -> None:
    whole = bytearray(_tar([("a.png", images[0]), ("b.png", images[1])]))
    start = 512 + -(-len(images[0]) // 512) * 512
    whole[start + 150] ^= 0xFF
    found = _read(folder / "a.tar", bytes(whole))
    assert [type(item) for item in found] == [Blob, Lost]


def test_losses_by_name_and_size(folder: Path, image: bytes) -> None:
    members = [
        ("in.zip", b"PK"),
        ("e.png", b""),
        ("big.png", image),
        ("s.dm3", b"x"),
        ("scan", image[:50]),
        ("Make", b"a"),
    ]
    found = _read(folder / "a.tar", _tar(members), max_bytes=100)
    codes = {item.member: item.failure.code for item in found if isinstance(item, Lost)}
    assert codes == {
        "in.zip": Code.UNSUPPORTED,
        "e.png": Code.EMPTY,
        "big.png": Code.TOO_LARGE,
        "s.dm3": Code.UNSUPPORTED,
    }
    assert [item.member for item in found if isinstance(item, Blob)] == ["scan"]


def test_names_in_latin_1_and_pax(folder: Path, image: bytes) -> None:
    latin = _tar([("caf\xe9.png", image)], format=tarfile.GNU_FORMAT, encoding="latin-1")
    pax = _tar([("試料" * 60 + ".png", image)], format=tarfile.PAX_FORMAT)
    assert _read(folder / "a.tar", latin)[0].member == "caf\xe9.png"
    assert _read(folder / "b.tar", pax)[0].member == "試料" * 60 + ".png"


@pytest.mark.parametrize("data", [b"", b"no tar at all" * 100, b"\x1f\x8b\x08\x00junk"])
def test_what_is_no_tar(folder: Path, data: bytes) -> None:
    [lost] = _read(folder / "a.tar", data)
    assert (lost.member, lost.failure.code) == (None, Code.BROKEN_ARCHIVE)


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    changes=st.lists(st.tuples(st.integers(0, 4000), st.integers(0, 255)), max_size=6), packed=st.booleans()
)
def test_damage_never_raises(
    folder: Path, images: list[bytes], changes: list[tuple[int, int]], packed: bool
) -> None:
    data = bytearray(
        _tar([("a.png", images[0]), ("a.txt", b"said"), ("b.png", images[1])], "w:gz" if packed else "w")
    )
    for where, value in changes:
        data[where % len(data)] = value
    found = _read(folder / "a.tar", bytes(data))
    assert sum(isinstance(item, Lost) and item.member is None for item in found) <= 1
