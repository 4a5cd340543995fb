"""What is an input, decided by name. These rules are what makes inputs countable.

1. Hidden names (`.x`, `._x`, anything below a hidden folder or `__MACOSX`) are not inputs.
2. A name with an image extension is an input, whatever it holds.
3. A name with the extension of a microscope format that is not read is an input too, and is
   lost as UNSUPPORTED: a plant should hear of its `.dm3` files, not miss them.
4. tar, zip and Parquet files are opened; inside another archive each is lost as UNSUPPORTED.
5. A name without extension is an input if its first bytes are those of an image.
6. Everything else (txt, json, csv, xml, md, Thumbs.db, ...) is not an input; `.txt` and `.json`
   that share an image's name are its sidecar or description.
"""

import re
from enum import Enum, auto
from pathlib import PurePosixPath

IMAGE_EXTENSIONS = frozenset(
    {"jpg", "jpeg", "jpe", "jfif", "png", "bmp", "tif", "tiff", "gif", "webp", "jp2"}
)
UNREAD_EXTENSIONS = frozenset({"dm3", "dm4", "emd", "ser", "mrc", "czi", "bcf", "hspy", "heic"})
_TAR = (".tar", ".tar.gz", ".tgz", ".tar.bz2", ".tbz2", ".tar.xz", ".txz")
_MAGIC = re.compile(
    rb"\xff\xd8\xff|\x89PNG\r\n|BM....\0\0\0\0|II[*+]\0|MM\0[*+]|GIF8[79]a|RIFF....WEBP|\0\0\0\x0cjP  ",
    re.DOTALL,
)


class NameKind(Enum):
    """What a name says about a file or member."""

    IMAGE = auto()
    MAYBE = auto()
    """No extension: an input if its first bytes are those of an image."""
    UNREAD = auto()
    TEXT = auto()
    TAR = auto()
    ZIP = auto()
    PARQUET = auto()
    OTHER = auto()


_BY_EXTENSION = {
    **dict.fromkeys(IMAGE_EXTENSIONS, NameKind.IMAGE),
    **dict.fromkeys(UNREAD_EXTENSIONS, NameKind.UNREAD),
    "txt": NameKind.TEXT,
    "json": NameKind.TEXT,
    "zip": NameKind.ZIP,
    "parquet": NameKind.PARQUET,
}
ARCHIVES = frozenset({NameKind.TAR, NameKind.ZIP, NameKind.PARQUET})


def kind_of(name: str) -> NameKind:
    """The kind of a file or member by its path, with `/` between its parts."""
    if is_hidden(name):
        return NameKind.OTHER
    base = PurePosixPath(name).name.lower()
    if base.endswith(_TAR):
        return NameKind.TAR
    if not PurePosixPath(base).suffix:
        return NameKind.MAYBE
    return _BY_EXTENSION.get(PurePosixPath(base).suffix[1:], NameKind.OTHER)


def is_hidden(name: str) -> bool:
    """Whether any part of a path is hidden, or macOS's own."""
    parts = name.replace("\\", "/").split("/")
    return any((p.startswith(".") and p not in (".", "..")) or p == "__MACOSX" for p in parts)


def is_image_start(head: bytes) -> bool:
    """Whether bytes begin as an image of a format that is read."""
    return _MAGIC.match(head) is not None


def is_unsafe(member: str) -> bool:
    """Whether a member's name would leave the folder that it would be extracted to."""
    path = member.replace("\\", "/")
    return path.startswith("/") or re.match("[A-Za-z]:", path) is not None or ".." in path.split("/")


def text_names(name: str) -> list[str]:
    """The names under which an image's texts are looked for, best first."""
    stem = name[: -len(suffix)] if (suffix := PurePosixPath(name).suffix) else name
    return list(dict.fromkeys(base + ext for ext in (".txt", ".json") for base in (name, stem)))


def member_name(name: str) -> str:
    """A tar member's name as clean text: UTF-8 where it is, else Latin-1.

    tarfile hands bytes that are not UTF-8 on as lone surrogates, which Arrow refuses.
    """
    raw = name.encode("utf-8", "surrogateescape")
    try:
        return raw.decode()
    except UnicodeDecodeError:
        return raw.decode("latin-1")


def zip_member_name(name: str, is_utf8: bool) -> str:
    """A zip member's name: zipfile reads what is not marked as UTF-8 as cp437, most often wrongly."""
    if is_utf8 or name.isascii():
        return member_name(name)
    try:
        raw = name.encode("cp437")
    except UnicodeEncodeError:
        return name
    for encoding in ("utf-8", "cp932"):
        try:
            text = raw.decode(encoding)
        except UnicodeDecodeError:
            continue
        if encoding == "utf-8" or _is_japanese(text):
            return text
    return name


def _is_japanese(text: str) -> bool:
    """Kana and kanji in runs of two or more: a lone one is an umlaut of cp437 ("Größe")."""
    runs = re.findall("[\u3041-\u30ff\u4e00-\u9fff]+", text)
    other = re.sub("[\u3041-\u30ff\u4e00-\u9fff]+", "", text)
    return bool(runs) and all(len(run) > 1 for run in runs) and other.isascii()
