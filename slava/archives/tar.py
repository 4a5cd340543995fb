"""tar archives, plain or compressed, in webdataset's layout or any other. Nothing is extracted.

A tar is read twice from its start: first for the texts, which may lie before or after their
image, or far from it (`tar` stores a folder in the order of the disk); then for the images.
A plain tar is seekable, so the first pass skips the images, on S3 too.
"""

import lzma
import struct
import tarfile
import zlib
from collections.abc import Iterator
from typing import BinaryIO

from slava.archives.members import broken, check, is_input
from slava.archives.names import NameKind, is_image_start, kind_of, member_name
from slava.archives.shards import Blob, Lost, Shard
from slava.archives.storage import Storage
from slava.archives.texts import MAX_TEXT, texts_of
from slava.failures import InputFailure

_BROKEN = (
    tarfile.TarError,
    EOFError,
    OSError,
    zlib.error,
    lzma.LZMAError,
    ValueError,
    struct.error,
    RecursionError,
)
_MAX_TEXTS = 256 << 20


def read_tar(storage: Storage, shard: Shard, max_bytes: int) -> Iterator[Blob | Lost]:
    """The images of a tar; after a break in it, one Lost without a member."""
    try:
        with storage.open(shard.location) as file:
            texts = _texts(file)
            file.seek(0)
            for tar, member in _members(file):
                yield from _read(shard.uri, tar, member, texts, max_bytes)
    except InputFailure as failure:
        yield Lost(shard.uri, None, failure)
    except _BROKEN as error:
        yield Lost(shard.uri, None, broken(error))


def _read(
    uri: str, tar: tarfile.TarFile, member: tarfile.TarInfo, texts: dict[str, bytes], max_bytes: int
) -> Iterator[Blob | Lost]:
    name = member_name(member.name)
    if member.isdir() or not is_input(name):
        return
    try:
        check(name, member.isreg(), member.size, max_bytes)
    except InputFailure as failure:
        yield Lost(uri, name, failure)
        return
    data = _data(tar, member)
    if kind_of(name) is NameKind.IMAGE or is_image_start(data):
        yield Blob(uri, name, data, *texts_of(name, texts.get))


def _texts(file: BinaryIO) -> dict[str, bytes]:
    texts: dict[str, bytes] = {}
    total = 0
    try:
        for tar, member in _members(file):
            name = member_name(member.name)
            if (
                member.isreg()
                and kind_of(name) is NameKind.TEXT
                and member.size <= MAX_TEXT
                and total <= _MAX_TEXTS
            ):
                texts[name.lower()] = _data(tar, member)
                total += member.size
    except _BROKEN:
        pass  # the second pass reports it, after the images before the break
    return texts


def _data(tar: tarfile.TarFile, member: tarfile.TarInfo) -> bytes:
    file = tar.extractfile(member)
    data = file.read() if file else b""
    if len(data) < member.size:
        raise EOFError(f"ends within {member.name!a}")
    return data


def _members(file: BinaryIO) -> Iterator[tuple[tarfile.TarFile, tarfile.TarInfo]]:
    with tarfile.open(fileobj=file, mode="r:*", encoding="utf-8", errors="surrogateescape") as tar:
        while (member := tar.next()) is not None:
            yield tar, member
            tar.members = []  # type: ignore[attr-defined]  # tarfile keeps every header it has seen
        _check_end(tar)


def _check_end(tar: tarfile.TarFile) -> None:
    """tarfile takes a damaged header for the end; the end is a block of zeros."""
    assert tar.fileobj is not None
    tar.fileobj.seek(tar.offset)
    end = tar.fileobj.read(tarfile.BLOCKSIZE)
    if len(end) < tarfile.BLOCKSIZE or any(end):
        raise EOFError(f"no end-of-archive mark: cut off or damaged at byte {tar.offset}")
