import io
import tarfile
import zipfile
from typing import Any

import pyarrow as pa
import pytest
from pyarrow import parquet

from slava.archives import Blob, InputError, Lost, ShardKind, list_shards, read_shard
from slava.archives import s3 as s3_module
from slava.failures import Code


def _read(*uris: str) -> list[Blob | Lost]:
    return [item for shard in list_shards(uris) for item in read_shard(shard)]


def test_keys_of_all_kinds(bucket: Any, image: bytes, sidecar: str) -> None:
    keys = ["lot 1/a b.png", "lot 1/größe+試料.png", "lot 1/50%25.png", "lot 1//x/../y.png", "top.png"]
    for key in keys:
        bucket.put_object(Key=key, Body=image)
    bucket.put_object(Key="lot 1/a b.png.txt", Body=sidecar.encode())
    bucket.put_object(Key="lot 1/", Body=b"")
    bucket.put_object(Key="lot 1/.hidden/a.png", Body=image)
    found = _read("s3://fab/lot 1")
    assert {blob.uri for blob in found} == {f"s3://fab/{key}" for key in keys[:4]}
    assert [blob.sidecar for blob in found if blob.uri.endswith("a b.png")] == [sidecar]
    assert all(blob.data == image for blob in found)
    assert len(_read("s3://fab")) == 5
    assert [blob.uri for blob in _read("s3://fab/top.png")] == ["s3://fab/top.png"]


@pytest.mark.slow  # a thousand uploads
def test_listing_goes_over_pages(bucket: Any, image: bytes) -> None:
    for index in range(1010):
        bucket.put_object(Key=f"many/{index:04}.png", Body=b"x")
    shards = list_shards(["s3://fab/many/"])
    assert sum(len(shard.names) for shard in shards) == 1010
    assert max(len(shard.names) for shard in shards) == 32


def test_inputs_that_are_not_there(bucket: Any) -> None:
    with pytest.raises(InputError, match="no such object or prefix"):
        list_shards(["s3://fab/nowhere"])
    with pytest.raises(InputError, match=r"--input s3://nobucket/x: .*"):
        list_shards(["s3://nobucket/x"])


def test_losses(bucket: Any, image: bytes) -> None:
    bucket.put_object(Key="l/empty.png", Body=b"")
    bucket.put_object(Key="l/gone.png", Body=image)
    bucket.put_object(Key="l/large.png", Body=image * 10)
    [shard] = list_shards(["s3://fab/l"])
    bucket.Object("l/gone.png").delete()
    codes = [item.failure.code for item in read_shard(shard, max_bytes=len(image))]
    assert codes == [Code.EMPTY, Code.VANISHED, Code.TOO_LARGE]


def test_archives_by_ranges(bucket: Any, images: list[bytes], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(s3_module, "_BLOCK", 1024)
    tar_file, zip_file, parquet_file = io.BytesIO(), io.BytesIO(), io.BytesIO()
    with tarfile.open(fileobj=tar_file, mode="w:gz") as tar, zipfile.ZipFile(zip_file, "w") as archive:
        for index, data in enumerate(images):
            info = tarfile.TarInfo(f"{index}.png")
            info.size = len(data)
            tar.addfile(info, io.BytesIO(data))
            archive.writestr(f"{index}.png", data)
    parquet.write_table(pa.table({"image": images}), parquet_file)
    for name, file in (("a.tgz", tar_file), ("b.zip", zip_file), ("c.parquet", parquet_file)):
        bucket.put_object(Key=f"archives/{name}", Body=file.getvalue())
    kinds = [shard.kind for shard in list_shards(["s3://fab/archives"])]
    assert kinds == [ShardKind.TAR, ShardKind.ZIP, ShardKind.PARQUET]
    assert [blob.data for blob in _read("s3://fab/archives")] == images * 3


def test_a_store_that_does_not_answer(bucket: Any, image: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    bucket.put_object(Key="x/a.png", Body=image)
    [shard] = list_shards(["s3://fab/x"])
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:9")
    monkeypatch.setenv("AWS_MAX_ATTEMPTS", "1")
    [lost] = read_shard(shard)
    assert lost.failure.code is Code.UNREADABLE
