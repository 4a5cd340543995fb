"""How many inputs there are, as far as a quick look tells."""

import tarfile
from collections.abc import Sequence

from slava.archives import Shard, ShardKind
from slava.archives.names import NameKind, kind_of
from slava.archives.storage import storage_of
from slava.failures import InputFailure


def count_inputs(shards: Sequence[Shard]) -> int | None:
    """The inputs of all shards; None when one would have to be read to be counted."""
    counts = [_count(shard) for shard in shards]
    return None if None in counts else sum(count for count in counts if count is not None)


def _count(shard: Shard) -> int | None:
    if shard.kind is ShardKind.FILES:
        return len(shard.names)
    if shard.kind is ShardKind.ZIP and shard.stop is not None:
        return shard.stop - shard.start
    if shard.kind is ShardKind.TAR and "://" not in shard.location and shard.location.endswith(".tar"):
        return _tar_members(shard)
    return None


def _tar_members(shard: Shard) -> int | None:
    """Headers only: an uncompressed local tar is skipped through, not read."""
    try:
        with storage_of(shard.location).open(shard.location) as file, tarfile.open(fileobj=file) as tar:
            return sum(member.isfile() and kind_of(member.name) is NameKind.IMAGE for member in tar)
    except (tarfile.TarError, InputFailure, EOFError):
        return None
