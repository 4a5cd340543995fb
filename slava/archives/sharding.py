"""From what the user names to the shards that workers read."""

from collections.abc import Iterable, Iterator, Sequence

from slava.archives.locations import decode_name
from slava.archives.names import ARCHIVES, NameKind, is_image_start, kind_of, text_names
from slava.archives.shards import InputError, Shard, ShardKind
from slava.archives.storage import Entry, Storage, storage_of
from slava.archives.zip import zip_shards
from slava.failures import InputFailure

_INPUTS = {NameKind.IMAGE, NameKind.MAYBE, NameKind.UNREAD}


def list_shards(uris: Sequence[str], files_per_shard: int = 32) -> list[Shard]:
    """The shards of all inputs, always in the same order.

    An input is a folder, a file or an archive, local (a path or `file://`) or on S3; one
    named twice is read once. Folders are read with all that lies below, archives included.
    A tar is one shard (it can only be read from its start); zip and Parquet are split.

    Raises InputError for an input that is missing, forbidden, or holds no image by name.
    """
    shards: list[Shard] = []
    for uri in dict.fromkeys(uris):
        found = list(_shards_of(uri, files_per_shard))
        if not found:
            raise InputError(f"--input {uri}: nothing in it is an image or an archive of images")
        shards += found
    return shards


def _shards_of(uri: str, files_per_shard: int) -> Iterator[Shard]:
    storage = storage_of(uri)
    target = storage.locate(uri)
    if isinstance(target, Entry):
        yield from _group(storage, _alone(storage, uri, target), files_per_shard)
    else:
        yield from _group(storage, storage.list(target), files_per_shard)


def _alone(storage: Storage, uri: str, entry: Entry) -> Iterator[Entry]:
    """One file that the user named, and the texts beside it."""
    kind = kind_of(entry.name)
    if kind is NameKind.MAYBE and is_image_start(_head(storage, uri, entry.location)):
        kind = NameKind.IMAGE
    if kind not in {NameKind.IMAGE, NameKind.UNREAD, *ARCHIVES}:
        raise InputError(
            f"--input {uri}: neither an image nor an archive by its name; see slava/archives/names.py"
        )
    yield entry
    for name in text_names(entry.encoded) if kind is NameKind.IMAGE else ():
        if storage.exists(entry.folder + name):
            yield Entry(entry.folder, name)


def _head(storage: Storage, uri: str, location: str) -> bytes:
    try:
        with storage.open(location) as file:
            return file.read(32)
    except InputFailure as failure:
        raise InputError(f"--input {uri}: {failure.message}") from failure


def _group(storage: Storage, entries: Iterable[Entry], files_per_shard: int) -> Iterator[Shard]:
    """Loose files in groups of one folder each, cut where no text is parted from its image."""
    folder, names, texts = "", [], []  # type: str, list[str], list[str]
    for entry in entries:
        kind = kind_of(entry.name)
        if kind in ARCHIVES:
            yield from _archive_shards(storage, kind, entry.location)
        full = len(names) >= files_per_shard and kind in _INPUTS and not _belongs(entry.encoded, names)
        if entry.folder != folder or full:
            yield from _files(folder, names, texts)
            kept = [text for text in texts if entry.folder == folder and _belongs(text, [entry.encoded])]
            folder, names, texts = entry.folder, [], kept
        if kind in _INPUTS:
            names.append(entry.encoded)
        elif kind is NameKind.TEXT:
            texts.append(entry.encoded)
    yield from _files(folder, names, texts)


def _belongs(name: str, images: list[str]) -> bool:
    """Whether a name begins with the stem of one of the images, so may share its texts."""
    return any(name.startswith(image.rpartition(".")[0] + ".") for image in images if "." in image)


def _files(folder: str, names: list[str], texts: list[str]) -> Iterator[Shard]:
    if names:
        wanted = {text.lower() for name in names for text in text_names(decode_name(name))}
        beside = tuple(text for text in texts if decode_name(text).lower() in wanted)
        yield Shard(ShardKind.FILES, folder, tuple(names), beside)


def _archive_shards(storage: Storage, kind: NameKind, location: str) -> list[Shard]:
    """An archive that cannot be opened is still a shard: reading it makes the dead letter."""
    if kind is NameKind.TAR:
        return [Shard(ShardKind.TAR, location)]
    shard_kind = ShardKind.ZIP if kind is NameKind.ZIP else ShardKind.PARQUET
    try:
        with storage.open(location) as file:
            if kind is NameKind.ZIP:
                return zip_shards(file, location)
            from slava.archives.parquet import parquet_shards  # pyarrow is slow to import

            return parquet_shards(file, location)
    except InputFailure:
        return [Shard(shard_kind, location)]
