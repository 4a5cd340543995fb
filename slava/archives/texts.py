"""The texts beside an image: the instrument's sidecar, and the user's description."""

import json
import re
from collections.abc import Callable

from slava.archives.names import text_names

MAX_TEXT = 1 << 20
_PAIR = re.compile(r"\$+\w+\s|\s*[^=:\s][^=:]{0,60}[=:]")
_SECTION = re.compile(r"\s*\[.*\]\s*$")
_DESCRIPTION_KEYS = ("description", "caption", "text")


def texts_of(name: str, read: Callable[[str], bytes | None]) -> tuple[str | None, str | None]:
    """The (sidecar, description) of an image.

    `read` takes a lower-case name, and gives None where there is no such text or none that
    can be read: a text that fails does not cost its image.
    """
    sidecar = description = None
    for candidate in text_names(name.lower()):
        data = read(candidate)
        if data and len(data) <= MAX_TEXT:
            found, said = split_text(decode_text(data))
            sidecar, description = sidecar or found, description or said
    return sidecar, description


def split_text(text: str) -> tuple[str | None, str | None]:
    """(sidecar, description): which of the two a text is; a JSON object may hold both."""
    if not text.strip():
        return None, None
    if text.lstrip().startswith("{"):
        return _split_json(text)
    return (text, None) if is_sidecar(text) else (None, text.strip())


def is_sidecar(text: str) -> bool:
    """Two thirds of the lines, and two at least, are `key = value`, `key: value` or `$KEY value`."""
    lines = [line for line in text.splitlines() if line.strip() and not _SECTION.match(line)]
    pairs = sum(_PAIR.match(line) is not None for line in lines)
    return pairs >= 2 and 3 * pairs >= 2 * len(lines)


def _split_json(text: str) -> tuple[str | None, str | None]:
    try:
        fields = json.loads(text)
    except (ValueError, RecursionError):
        return None, text.strip()
    said = next(
        (v.strip() for k in _DESCRIPTION_KEYS if isinstance(v := fields.get(k), str) and v.strip()), None
    )
    return (text if set(fields) - set(_DESCRIPTION_KEYS) else None), said


def decode_text(data: bytes) -> str:
    """Text in whatever encoding an instrument's computer used.

    Marked or unmarked UTF-16, UTF-8, EUC-KR and Shift-JIS where the bytes fit, else Windows-1252
    (a lone µ or °). Undecodable bytes are replaced: keys and units are ASCII in all of them.
    """
    if data[:2] in (b"\xff\xfe", b"\xfe\xff"):
        return data.decode("utf-16", "replace")
    if data[1:8:2] == b"\0\0\0\0":
        return data.decode("utf-16-le", "replace")
    encodings = ["utf-8-sig"]
    if all(len(run) % 2 == 0 for run in re.findall(rb"[\x80-\xff]+", data)) and not re.search(
        rb"[\x80-\xa0]", data
    ):
        encodings.append("cp949")
    if re.search(rb"[\x81-\x9f]", data):
        encodings.append("cp932")
    for encoding in encodings:
        try:
            return data.decode(encoding)
        except UnicodeDecodeError:
            continue
    return data.decode("cp1252", "replace")
