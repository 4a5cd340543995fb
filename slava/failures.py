"""The one way in which an input fails: an exception that becomes a dead letter."""

from enum import StrEnum


class Stage(StrEnum):
    """The stage of a screening at which an input failed."""

    READ = "read"
    DECODE = "decode"
    ENCODE = "encode"
    GENERATE = "generate"


class Code(StrEnum):
    """Why an input failed; stable, so that dead letters can be counted by it."""

    EMPTY = "empty"
    """No bytes at all."""
    VANISHED = "vanished"
    """Listed, but gone when it was to be read."""
    UNREADABLE = "unreadable"
    """The storage refused or broke off."""
    UNSAFE_NAME = "unsafe_name"
    """An archive member whose name would leave the archive (`../`, absolute)."""
    BROKEN_ARCHIVE = "broken_archive"
    """A tar, zip or Parquet file that is damaged or breaks off."""
    NOT_AN_IMAGE = "not_an_image"
    """Bytes that no image format claims."""
    UNSUPPORTED = "unsupported"
    """A real image of a kind that is not read (format, bit depth, compression)."""
    TRUNCATED = "truncated"
    """An image that ends before its pixels do."""
    CORRUPT = "corrupt"
    """An image whose content contradicts itself."""
    TOO_SMALL = "too_small"
    """Fewer pixels than anything could be seen in."""
    TOO_LARGE = "too_large"
    """More pixels than the limit: a decompression bomb, or a stitched map to be tiled first."""
    BLANK = "blank"
    """Every pixel has the same value: nothing to look at."""
    ENGINE = "engine"
    """The engine returned an error for this one request."""


class InputFailure(Exception):
    """One input that cannot be screened.

    Internals raise it; the screening turns each into exactly one dead letter.
    """

    def __init__(self, stage: Stage, code: Code, message: str) -> None:
        super().__init__(message)
        self.stage = stage
        self.code = code
        self.message = message

    def __reduce__(self) -> tuple[type["InputFailure"], tuple[Stage, Code, str]]:
        return type(self), (self.stage, self.code, self.message)
