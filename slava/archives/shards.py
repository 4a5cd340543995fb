"""The records that pass between listing, reading and the rest of the system."""

import json
from dataclasses import asdict, dataclass
from enum import StrEnum

from slava.archives.locations import show
from slava.failures import InputFailure


class InputError(ValueError):
    """An input the user named cannot be screened at all: missing, forbidden or with nothing in it.

    Raised while listing, before anything starts; the message names the input and what to do.
    """


class ShardKind(StrEnum):
    """What a shard is a part of."""

    FILES = "files"
    TAR = "tar"
    ZIP = "zip"
    PARQUET = "parquet"


@dataclass(frozen=True)
class Shard:
    """What one worker reads in one go; plain ASCII text, so that JSON and Arrow carry it losslessly."""

    kind: ShardKind
    location: str
    """Percent-encoded location of the archive, or of the folder (with its last slash)."""
    names: tuple[str, ...] = ()
    """FILES: the percent-encoded names of the inputs in the folder."""
    texts: tuple[str, ...] = ()
    """FILES: the percent-encoded names of the texts that lie beside them."""
    start: int = 0
    """ZIP: the first member; PARQUET: the first row group."""
    stop: int | None = None
    """One past the last; None for all."""

    @property
    def uri(self) -> str:
        """The folder or archive as the user would type it."""
        return show(self.location)

    def uri_of(self, name: str) -> str:
        """FILES: one of its inputs, as the user would type it."""
        return show(self.location + name)

    def to_json(self) -> str:
        """One line of JSON."""
        return json.dumps(asdict(self))

    @classmethod
    def from_json(cls, text: str) -> "Shard":
        """The shard that `to_json` wrote."""
        fields = json.loads(text)
        lists = {name: tuple(fields[name]) for name in ("names", "texts")}
        return cls(**{**fields, **lists, "kind": ShardKind(fields["kind"])})


@dataclass(frozen=True)
class Blob:
    """The bytes of one input, with the texts that belong to it."""

    uri: str
    """The file or the archive, as the user can find it again."""
    member: str | None
    """The name inside the archive; None for a loose file."""
    data: bytes
    sidecar: str | None = None
    """What the instrument wrote about the image: `key = value` lines or JSON."""
    description: str | None = None
    """What the user wrote about the image (the paper's auxiliary text)."""

    @property
    def name(self) -> str:
        """The name of the image itself."""
        return self.member or self.uri


@dataclass(frozen=True)
class Lost:
    """An input that gave no bytes, or an archive that broke off (`member` is then None)."""

    uri: str
    member: str | None
    failure: InputFailure
