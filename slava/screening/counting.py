"""How many inputs there are, as far as a quick look tells: names and directories, never pixels."""

import tarfile
import zipfile
from collections.abc import Sequence

from slava.archives import Shard, ShardKind
from slava.archives.locations import FILE
from slava.archives.members import is_input
from slava.archives.storage import storage_of
from slava.failures import InputFailure

_BROKEN = (tarfile.TarError, zipfile.BadZipFile, NotImplementedError, InputFailure, OSError, ValueError)


def count_inputs(shards: Sequence[Shard]) -> int | None:
    """The inputs of all shards; None when one would have to be read to be counted."""
    loose = sum(len(shard.names) for shard in shards)
    archives = {(shard.kind, shard.location) for shard in shards if shard.kind is not ShardKind.FILES}
    counts = [_members(kind, location) for kind, location in sorted(archives)]
    return None if None in counts else loose + sum(count for count in counts if count is not None)


def _members(kind: ShardKind, location: str) -> int | None:
    """A broken archive counts as what can be seen of it, but at least as one: its own dead letter."""
    if kind is ShardKind.ZIP:
        return _zip_members(location)
    if kind is ShardKind.PARQUET:
        return _parquet_rows(location)
    # An uncompressed local tar is skipped through, from header to header; any other would be read whole.
    is_plain = location.startswith(FILE) and location.lower().endswith(".tar")
    return _tar_members(location) if is_plain else None


def _tar_members(location: str) -> int:
    count = 0
    try:
        with storage_of(location).open(location) as file, tarfile.open(fileobj=file, mode="r:") as tar:
            for member in tar:
                count += is_input(member.name) and not member.isdir()
    except _BROKEN:
        return max(count, 1)
    return count


def _zip_members(location: str) -> int:
    try:
        with storage_of(location).open(location) as file, zipfile.ZipFile(file) as archive:
            return sum(is_input(info.filename) and not info.is_dir() for info in archive.infolist())
    except _BROKEN:
        return 1


def _parquet_rows(location: str) -> int:
    from pyarrow import ArrowException, parquet

    try:
        with storage_of(location).open(location) as file:
            return int(parquet.ParquetFile(file).metadata.num_rows)
    except (ArrowException, *_BROKEN):
        return 1
