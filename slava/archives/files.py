"""Loose files, on disk or on S3."""

from collections.abc import Iterator

from slava.archives.locations import decode_name
from slava.archives.names import NameKind, is_image_start, kind_of
from slava.archives.shards import Blob, Lost, Shard
from slava.archives.storage import Storage
from slava.archives.texts import MAX_TEXT, texts_of
from slava.failures import Code, InputFailure, Stage


def read_files(storage: Storage, shard: Shard, max_bytes: int) -> Iterator[Blob | Lost]:
    """The images among a shard's files, with their texts."""
    texts = {decode_name(text).lower(): text for text in shard.texts}

    def read_text(name: str) -> bytes | None:
        try:
            return storage.read(shard.location + texts[name], MAX_TEXT) if name in texts else None
        except InputFailure:
            return None

    for encoded in shard.names:
        location, name = shard.location + encoded, decode_name(encoded)
        try:
            data = _read(storage, location, kind_of(name), max_bytes)
        except InputFailure as failure:
            yield Lost(shard.uri_of(encoded), None, failure)
            continue
        if data is not None:
            yield Blob(shard.uri_of(encoded), None, data, *texts_of(name, read_text))


def _read(storage: Storage, location: str, kind: NameKind, max_bytes: int) -> bytes | None:
    """The bytes, or None for a file without extension that is no image."""
    if kind is NameKind.UNREAD:
        raise unread()
    if kind is NameKind.MAYBE:
        with storage.open(location) as file:
            if not is_image_start(file.read(32)):
                return None
    data = storage.read(location, max_bytes)
    if not data:
        raise empty()
    return data


def unread() -> InputFailure:
    """The failure of a microscope format that is not read."""
    message = "a microscope's own format, which is not read; export it as TIFF"
    return InputFailure(Stage.READ, Code.UNSUPPORTED, message)


def empty() -> InputFailure:
    """The failure of an input of no bytes."""
    return InputFailure(Stage.READ, Code.EMPTY, "no bytes")
