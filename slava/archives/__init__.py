"""From URIs to the bytes of images: folders, tar, zip and Parquet, local or on S3."""

from slava.archives.names import IMAGE_EXTENSIONS, UNREAD_EXTENSIONS
from slava.archives.reading import MAX_BYTES, read_shard
from slava.archives.sharding import list_shards
from slava.archives.shards import Blob, InputError, Lost, Shard, ShardKind

__all__ = [
    "IMAGE_EXTENSIONS",
    "MAX_BYTES",
    "UNREAD_EXTENSIONS",
    "Blob",
    "InputError",
    "Lost",
    "Shard",
    "ShardKind",
    "list_shards",
    "read_shard",
]
