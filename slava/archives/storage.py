"""Where bytes lie: the little that the readers need of a file system or an object store."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import BinaryIO, Protocol

from slava.archives.locations import S3, decode_name


@dataclass(frozen=True)
class Entry:
    """One file."""

    folder: str
    """Percent-encoded location of its folder, with the last slash."""
    encoded: str
    """Its percent-encoded name."""

    @property
    def location(self) -> str:
        """Where it can be opened."""
        return self.folder + self.encoded

    @property
    def name(self) -> str:
        """Its name as people read it."""
        return decode_name(self.encoded)


class Storage(Protocol):
    """A local file system or S3. Locations are percent-encoded (slava.archives.locations)."""

    def locate(self, uri: str) -> Entry | str:
        """The file that a user's URI names, or the location of the folder.

        Raises InputError if there is neither, or no access.
        """

    def list(self, folder: str) -> Iterator[Entry]:
        """The files below a folder, hidden ones left out, in one order always, a folder's files together."""

    def exists(self, location: str) -> bool:
        """Whether a file is there."""

    def open(self, location: str) -> BinaryIO:
        """A seekable reader. It and its reads raise InputFailure VANISHED or UNREADABLE."""

    def read(self, location: str, limit: int) -> bytes:
        """All the bytes. Raises InputFailure VANISHED, UNREADABLE, or TOO_LARGE beyond `limit` bytes."""


def storage_of(uri: str) -> Storage:
    """The storage that a URI or location names by its scheme; no scheme is a local path."""
    if uri.startswith(S3):
        from slava.archives.s3 import S3Storage

        return S3Storage()
    from slava.archives.local import LocalStorage

    return LocalStorage()
