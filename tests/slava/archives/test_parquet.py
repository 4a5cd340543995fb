from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pyarrow import parquet

from slava.archives import Blob, InputError, Lost, Shard, ShardKind, list_shards, read_shard
from slava.archives.locations import local_location
from slava.failures import Code


def _read(path: Path, table: dict[str, Any], **options: int) -> list[Blob | Lost]:
    parquet.write_table(pa.table(table), path, **options)
    return [item for shard in list_shards([str(path)]) for item in read_shard(shard)]


def test_hugging_face_layout(folder: Path, images: list[bytes]) -> None:
    rows = [{"bytes": data, "path": f"{i}.png"} for i, data in enumerate(images)]
    found = _read(folder / "a.parquet", {"label": list(range(8)), "image": rows, "caption": ["pores"] * 8})
    assert [(blob.member, blob.data) for blob in found] == [(f"{i}.png", d) for i, d in enumerate(images)]
    assert {blob.description for blob in found} == {"pores"}


@pytest.mark.parametrize(
    ("column", "names"), [("image", "name"), ("bytes", "__key__"), ("scan", "file_name")]
)
def test_plain_columns(folder: Path, images: list[bytes], column: str, names: str, sidecar: str) -> None:
    table = {names: [f"n{i}" for i in range(8)], column: images, "sidecar": [sidecar] * 8}
    found = _read(folder / "a.parquet", table)
    assert [(blob.member, blob.data) for blob in found] == [(f"n{i}", d) for i, d in enumerate(images)]
    assert {blob.sidecar for blob in found} == {sidecar}


def test_rows_without_name_or_bytes(folder: Path, image: bytes) -> None:
    found = _read(folder / "a.parquet", {"image": [image, None, b"", image]}, row_group_size=2)
    assert [item.member for item in found] == ["row 0", "row 1", "row 2", "row 3"]
    assert [item.failure.code for item in found if isinstance(item, Lost)] == [Code.EMPTY, Code.EMPTY]


def test_row_groups_are_shared_out(folder: Path, image: bytes) -> None:
    parquet.write_table(pa.table({"image": [image] * 1000}), folder / "a.parquet", row_group_size=100)
    shards = list_shards([str(folder)])
    assert [(shard.start, shard.stop) for shard in shards] == [(0, 3), (3, 6), (6, 9), (9, 10)]
    found = [item.member for shard in shards for item in read_shard(shard)]
    assert found == [f"row {i}" for i in range(1000)]


def test_tables_without_images(folder: Path, image: bytes) -> None:
    parquet.write_table(pa.table({"label": [1, 2]}), folder / "labels.parquet")
    with pytest.raises(InputError, match="nothing in it"):
        list_shards([str(folder / "labels.parquet")])
    (folder / "a.png").write_bytes(image)
    assert [shard.kind for shard in list_shards([str(folder)])] == [ShardKind.FILES]


def test_a_file_that_is_no_parquet(folder: Path) -> None:
    (folder / "a.parquet").write_bytes(b"PAR1 cut off")
    [shard] = list_shards([str(folder)])
    [lost] = read_shard(shard)
    assert (lost.member, lost.failure.code) == (None, Code.BROKEN_ARCHIVE)


@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(changes=st.lists(st.tuples(st.integers(0, 8000), st.integers(0, 255)), max_size=5))
def test_damage_never_raises(folder: Path, images: list[bytes], changes: list[tuple[int, int]]) -> None:
    path = folder / "a.parquet"
    parquet.write_table(pa.table({"image": images, "name": list("abcdefgh")}), path, row_group_size=4)
    data = bytearray(path.read_bytes())
    for where, value in changes:
        data[where % len(data)] = value
    path.write_bytes(bytes(data))
    list(read_shard(Shard(ShardKind.PARQUET, local_location(str(path)))))
