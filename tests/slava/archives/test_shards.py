import json

from hypothesis import given
from hypothesis import strategies as st

from slava.archives import Shard, ShardKind
from slava.archives.locations import (
    decode_name,
    encode_name,
    local_location,
    local_path,
    s3_bucket_and_key,
    s3_location,
    show,
)


def test_a_shard_survives_json() -> None:
    shard = Shard(ShardKind.FILES, "file:///a%FF/", ("x.png", "y%E9.png"), ("x.txt",))
    assert Shard.from_json(shard.to_json()) == shard
    assert json.loads(shard.to_json())["kind"] == "files"
    assert shard.uri == "/a\\xff/"


@given(
    st.binary(min_size=1, max_size=30).filter(
        lambda raw: not set(raw) & set(b"/\0") and raw not in (b".", b"..")
    )
)
def test_any_file_name_travels_as_ascii(raw: bytes) -> None:
    path = "/data/" + raw.decode("utf-8", "surrogateescape")
    location = local_location(path)
    assert location.isascii()
    assert local_path(location) == path
    show(location).encode()
    decode_name(encode_name(path)).encode()


@given(st.text(st.characters(exclude_categories=["Cs"]), min_size=1))
def test_any_key_travels_as_ascii(key: str) -> None:
    location = s3_location("fab", key)
    assert location.isascii()
    assert s3_bucket_and_key(location) == ("fab", key)
    assert show(location) == f"s3://fab/{key}"
