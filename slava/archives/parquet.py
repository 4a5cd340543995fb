"""Parquet files with a column of image bytes, as Hugging Face writes them or simpler ones."""

from collections.abc import Iterator
from typing import Any, BinaryIO

import pyarrow

from slava.archives.files import empty
from slava.archives.members import broken
from slava.archives.shards import Blob, Lost, Shard, ShardKind
from slava.archives.storage import Storage
from slava.archives.texts import split_text
from slava.failures import Code, InputFailure, Stage

ROWS_PER_SHARD = 256
_ROWS_AT_ONCE = 8
_BROKEN = (pyarrow.ArrowException, OSError, ValueError)
_IMAGES = ("image", "bytes")
_NAMES = ("path", "name", "file_name", "__key__")
_TEXTS = ("sidecar", "description", "caption", "text")


def parquet_shards(file: BinaryIO, location: str) -> list[Shard]:
    """Ranges of row groups; none for a file without rows or image bytes, one for a broken file."""
    try:
        parquet = _open(file)
        if _image_column(parquet.schema_arrow) is None:
            return []
        rows = [parquet.metadata.row_group(i).num_rows for i in range(parquet.num_row_groups)]
    except _BROKEN:
        return [Shard(ShardKind.PARQUET, location)]
    shards, start, gathered = [], 0, 0  # type: list[Shard], int, int
    for index, count in enumerate(rows):
        gathered += count
        if gathered >= ROWS_PER_SHARD or (gathered and index == len(rows) - 1):
            shards.append(Shard(ShardKind.PARQUET, location, start=start, stop=index + 1))
            start, gathered = index + 1, 0
    return shards


def read_parquet(storage: Storage, shard: Shard, max_bytes: int) -> Iterator[Blob | Lost]:
    """Every row of a range of row groups; a group that breaks off gives one Lost, named after it."""
    try:
        with storage.open(shard.location) as file:
            parquet = _open(file)
            columns = _columns(parquet.schema_arrow)
            row = sum(parquet.metadata.row_group(i).num_rows for i in range(shard.start))
            for group in range(shard.start, parquet.num_row_groups if shard.stop is None else shard.stop):
                yield from _read_group(shard.uri, parquet, group, row, columns, max_bytes)
                row += parquet.metadata.row_group(group).num_rows
    except InputFailure as failure:
        yield Lost(shard.uri, None, failure)
    except _BROKEN as error:
        yield Lost(shard.uri, None, broken(error))


def _read_group(
    uri: str, parquet: Any, group: int, row: int, columns: dict[str, str], max_bytes: int
) -> Iterator[Blob | Lost]:
    wanted = list(dict.fromkeys(columns.values()))
    try:
        for batch in parquet.iter_batches(_ROWS_AT_ONCE, [group], wanted, use_threads=False):
            for index in range(batch.num_rows):
                yield _read_row(uri, row, {k: batch.column(v)[index] for k, v in columns.items()}, max_bytes)
                row += 1
    except _BROKEN as error:
        yield Lost(uri, f"row group {group} from row {row}", broken(error))


def _read_row(uri: str, row: int, values: dict[str, Any], max_bytes: int) -> Blob | Lost:
    image: Any = values.pop("image").as_py()
    name: Any = values.pop("name").as_py() if "name" in values else None
    if isinstance(image, dict):
        image, name = image.get("bytes"), image.get("path") or name
    member = name if isinstance(name, str) and name else f"row {row}"
    if not image:
        return Lost(uri, member, empty())
    if len(image) > max_bytes:
        return Lost(
            uri, member, InputFailure(Stage.READ, Code.TOO_LARGE, f"{len(image)} bytes; at most {max_bytes}")
        )
    sidecar = description = None
    for key, value in values.items():
        if isinstance(text := value.as_py(), str) and text.strip():
            found, said = split_text(text) if key == "sidecar" else (None, text.strip())
            sidecar, description = sidecar or found, description or said
    return Blob(uri, member, image, sidecar, description)


def _open(file: BinaryIO) -> Any:
    from pyarrow import parquet

    # Buffered and without threads: memory holds a few images, not a row group.
    return parquet.ParquetFile(file, buffer_size=1 << 22, pre_buffer=False)


def _columns(schema: Any) -> dict[str, str]:
    """The columns to read by their roles; raises UNSUPPORTED if none holds image bytes."""
    image = _image_column(schema)
    if image is None:
        raise InputFailure(Stage.READ, Code.UNSUPPORTED, f"no column of image bytes among {schema.names}")
    texts = {column: column for column in _TEXTS if column in schema.names}
    name = next((column for column in _NAMES if column in schema.names), None)
    return {"image": image, **({"name": name} if name else {}), **texts}


def _image_column(schema: Any) -> str | None:
    found = [field.name for field in schema if _holds_bytes(field.type)]
    return next((name for name in _IMAGES if name in found), found[0] if found else None)


def _holds_bytes(kind: Any) -> bool:
    from pyarrow import types

    if types.is_struct(kind):
        index = kind.get_field_index("bytes")
        return index >= 0 and _holds_bytes(kind.field(index).type)
    return bool(types.is_binary(kind) or types.is_large_binary(kind) or types.is_binary_view(kind))
