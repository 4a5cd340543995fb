"""The local half of storage: files and folders, shares included."""

import os
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO, cast
from urllib.parse import unquote

from slava.archives.locations import FILE, encode_name, local_location, local_path, show
from slava.archives.names import is_hidden
from slava.archives.shards import InputError
from slava.archives.storage import Entry
from slava.failures import Code, InputFailure, Stage


class LocalStorage:
    """Implements slava.archives.storage.Storage."""

    def locate(self, uri: str) -> Entry | str:
        path = Path(
            unquote(uri.removeprefix(FILE), errors="surrogateescape") if uri.startswith(FILE) else uri
        )
        try:
            mode = path.stat().st_mode
            if stat.S_ISDIR(mode):
                os.listdir(path)  # noqa: PTH208 (asks for permission only)
                return local_location(str(path)).rstrip("/") + "/"
        except PermissionError:
            raise InputError(f"--input {uri}: permission denied; run as a user who may read it") from None
        except (OSError, ValueError):
            raise InputError(f"--input {uri}: no such file or folder (here: {Path.cwd()})") from None
        folder, _, encoded = local_location(str(path)).rpartition("/")
        return Entry(folder + "/", encoded)

    def list(self, folder: str) -> Iterator[Entry]:
        yield from _walk(local_path(folder), set())

    def exists(self, location: str) -> bool:
        return Path(local_path(location)).is_file()

    def open(self, location: str) -> BinaryIO:
        return self._opened(location)[0]

    def read(self, location: str, limit: int) -> bytes:
        file, size = self._opened(location)
        if size > limit:
            file.close()
            raise InputFailure(Stage.READ, Code.TOO_LARGE, f"{size} bytes; the limit is {limit}")
        try:
            with file:
                return file.read(limit)
        except OSError as error:
            raise _failure(location, error) from error

    def _opened(self, location: str) -> tuple[BinaryIO, int]:
        path = Path(local_path(location))
        try:
            found = path.stat()
            if not stat.S_ISREG(found.st_mode):  # opening a FIFO would wait for ever
                message = "cannot be listed" if stat.S_ISDIR(found.st_mode) else "is not a regular file"
                raise InputFailure(Stage.READ, Code.UNREADABLE, f"{show(location)} {message}")
            return cast(BinaryIO, path.open("rb")), found.st_size
        except OSError as error:
            raise _failure(location, error) from error


def _walk(folder: str, seen: set[tuple[int, int]]) -> Iterator[Entry]:
    """Files, then folders, by the bytes of their names; a folder met again through a link is left out."""
    location = local_location(folder).rstrip("/") + "/"
    try:
        here = os.stat(folder)  # noqa: PTH116
        if (here.st_dev, here.st_ino) in seen:
            return
        seen.add((here.st_dev, here.st_ino))
        found = sorted(os.scandir(folder), key=lambda entry: os.fsencode(entry.name))
    except OSError:  # a folder that may not be listed: reading it makes the dead letter
        yield Entry(location, "")
        return
    shown = [entry for entry in found if not is_hidden(entry.name)]
    yield from (Entry(location, encode_name(entry.name)) for entry in shown if not _is_folder(entry))
    for entry in shown:
        if _is_folder(entry):
            yield from _walk(entry.path, seen)


def _is_folder(entry: os.DirEntry[str]) -> bool:
    try:
        return entry.is_dir()
    except OSError:  # a link to itself
        return False


def _failure(location: str, error: OSError) -> InputFailure:
    gone = isinstance(error, FileNotFoundError | NotADirectoryError)
    code = Code.VANISHED if gone else Code.UNREADABLE
    return InputFailure(Stage.READ, code, f"{show(location)}: {error.strerror or error}")
