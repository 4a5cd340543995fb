"""zip archives, read by ranges of members, so that several workers share a large one."""

import lzma
import stat
import struct
import zipfile
import zlib
from collections.abc import Iterator
from typing import BinaryIO

from slava.archives.members import broken, check, is_input
from slava.archives.names import NameKind, is_image_start, kind_of, zip_member_name
from slava.archives.shards import Blob, Lost, Shard, ShardKind
from slava.archives.storage import Storage
from slava.archives.texts import MAX_TEXT, texts_of
from slava.failures import Code, InputFailure, Stage

MEMBERS_PER_SHARD = 256
_BROKEN = (
    zipfile.BadZipFile,
    EOFError,
    OSError,
    zlib.error,
    lzma.LZMAError,
    ValueError,
    struct.error,
    OverflowError,
)
_ENCRYPTED = 0x1
_UTF8 = 0x800


def zip_shards(file: BinaryIO, location: str) -> list[Shard]:
    """Ranges of members; none for a zip without an image, one for a broken zip."""
    try:
        with zipfile.ZipFile(file) as archive:
            infos = archive.infolist()
    except (*_BROKEN, NotImplementedError):
        return [Shard(ShardKind.ZIP, location)]
    if not any(is_input(_name(info)) and not info.is_dir() for info in infos):
        return []
    starts = range(0, len(infos), MEMBERS_PER_SHARD)
    return [
        Shard(ShardKind.ZIP, location, start=s, stop=min(s + MEMBERS_PER_SHARD, len(infos))) for s in starts
    ]


def read_zip(storage: Storage, shard: Shard, max_bytes: int) -> Iterator[Blob | Lost]:
    """The images among a range of members; a zip without a directory gives one Lost."""
    try:
        with storage.open(shard.location) as file, zipfile.ZipFile(file) as archive:
            infos = archive.infolist()
            texts = {_name(i).lower(): i for i in infos if kind_of(_name(i)) is NameKind.TEXT}
            for info in infos[shard.start : shard.stop]:
                yield from _read(shard.uri, archive, info, texts, max_bytes)
    except InputFailure as failure:
        yield Lost(shard.uri, None, failure)
    except (*_BROKEN, NotImplementedError) as error:
        yield Lost(shard.uri, None, broken(error))


def _read(
    uri: str,
    archive: zipfile.ZipFile,
    info: zipfile.ZipInfo,
    texts: dict[str, zipfile.ZipInfo],
    max_bytes: int,
) -> Iterator[Blob | Lost]:
    name = _name(info)
    if info.is_dir() or not is_input(name):
        return
    try:
        check(name, not _is_link(info), info.file_size, max_bytes)
        data = _data(archive, info)
    except InputFailure as failure:
        yield Lost(uri, name, failure)
        return
    if kind_of(name) is NameKind.IMAGE or is_image_start(data):
        yield Blob(uri, name, data, *texts_of(name, lambda text: _text(archive, texts.get(text))))


def _data(archive: zipfile.ZipFile, info: zipfile.ZipInfo) -> bytes:
    """The member's bytes; zipfile inflates no more than the directory declares, and checks the sum."""
    if info.flag_bits & _ENCRYPTED:
        raise InputFailure(Stage.READ, Code.UNSUPPORTED, "encrypted; unpack it with its password first")
    try:
        return archive.read(info)
    except NotImplementedError as error:
        raise InputFailure(Stage.READ, Code.UNSUPPORTED, str(error)) from error
    except _BROKEN as error:
        raise broken(error) from error


def _text(archive: zipfile.ZipFile, info: zipfile.ZipInfo | None) -> bytes | None:
    try:
        return _data(archive, info) if info and info.file_size <= MAX_TEXT else None
    except InputFailure:
        return None


def _name(info: zipfile.ZipInfo) -> str:
    return zip_member_name(info.orig_filename.partition("\0")[0], bool(info.flag_bits & _UTF8))


def _is_link(info: zipfile.ZipInfo) -> bool:
    """Unix zips keep the file's mode in the upper half of the external attributes."""
    mode = info.external_attr >> 16
    return stat.S_IFMT(mode) not in (0, stat.S_IFREG)
