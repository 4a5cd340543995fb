"""From a shard to the bytes of its images: every input gives one Blob or one Lost."""

from collections.abc import Callable, Iterator

from slava.archives.files import read_files
from slava.archives.shards import Blob, Lost, Shard, ShardKind
from slava.archives.storage import Storage, storage_of
from slava.archives.tar import read_tar
from slava.archives.zip import read_zip

MAX_BYTES = 1 << 30
"""An image of more bytes is lost as TOO_LARGE before it is read or inflated."""


def _read_parquet(storage: Storage, shard: Shard, max_bytes: int) -> Iterator[Blob | Lost]:
    from slava.archives.parquet import read_parquet  # pyarrow is slow to import

    yield from read_parquet(storage, shard, max_bytes)


_READERS: dict[ShardKind, Callable[[Storage, Shard, int], Iterator[Blob | Lost]]] = {
    ShardKind.FILES: read_files,
    ShardKind.TAR: read_tar,
    ShardKind.ZIP: read_zip,
    ShardKind.PARQUET: _read_parquet,
}


def read_shard(shard: Shard, max_bytes: int = MAX_BYTES) -> Iterator[Blob | Lost]:
    """The inputs of a shard in order, one Blob or Lost each; raises nothing for a bad input.

    An archive that breaks off gives what came before, then one Lost whose member is None.
    """
    return _READERS[shard.kind](storage_of(shard.location), shard, max_bytes)
