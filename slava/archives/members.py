"""What tar and zip have in common: which members are inputs, and which of those are refused."""

from slava.archives.files import empty, unread
from slava.archives.names import ARCHIVES, NameKind, is_unsafe, kind_of
from slava.failures import Code, InputFailure, Stage


def is_input(name: str) -> bool:
    """Whether a member counts, be it to be read or to be refused.

    A name without extension counts only if its bytes turn out to be an image.
    """
    return kind_of(name) in {NameKind.IMAGE, NameKind.MAYBE, NameKind.UNREAD, *ARCHIVES}


def check(name: str, is_plain: bool, size: int, max_bytes: int) -> None:
    """Raises InputFailure for a member that is not to be read, by what its header says."""
    if is_unsafe(name):
        raise InputFailure(Stage.READ, Code.UNSAFE_NAME, f"{name!r} leaves the archive; nothing was written")
    if not is_plain:
        raise InputFailure(Stage.READ, Code.UNSAFE_NAME, f"{name!r} is a link or a device, not a file")
    kind = kind_of(name)
    if kind is NameKind.UNREAD:
        raise unread()
    if kind in ARCHIVES:
        message = "an archive inside an archive is not opened; unpack it beside the other"
        raise InputFailure(Stage.READ, Code.UNSUPPORTED, message)
    if size > max_bytes:
        raise InputFailure(Stage.READ, Code.TOO_LARGE, f"{size} bytes unpacked; the limit is {max_bytes}")
    if not size and kind is NameKind.IMAGE:
        raise empty()


def broken(error: BaseException) -> InputFailure:
    """The failure of an archive, or of one member of it, that cannot be read on."""
    return InputFailure(Stage.READ, Code.BROKEN_ARCHIVE, f"{type(error).__name__}: {error}")
