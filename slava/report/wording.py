"""How the report writes names and numbers; the filters of the template and the columns of the table."""

import unicodedata
from base64 import b64encode
from datetime import datetime

from markupsafe import Markup, escape

UNITS = {
    "pixel_size_nm": ("Pixel size", "nm"),
    "kv": ("Acceleration voltage", "kV"),
    "working_distance_mm": ("Working distance", "mm"),
    "magnification": ("Magnification", "×"),
    "detector": ("Detector", ""),
}
"""The name and unit of each acquisition field."""

_PICTURES = {code: 0x2400 + code for code in range(0x20)} | {0x7F: 0x2421}


def visible(text: str | None, limit: int = 80) -> str:
    """Return `text` with all that would act instead of show made visible, cut in its middle to `limit`.

    Control characters become their pictures, and format characters (bidirectional overrides among them, with
    which a name can pretend another ending) and lone surrogates become their code.
    """
    text = text or ""
    if len(text) > limit:
        tail = (limit - 1) // 2
        text = text[: limit - 1 - tail] + "…" + text[len(text) - tail :]
    return "".join(map(_show, text.translate(_PICTURES)))


def class_name(label: str) -> Markup:
    """Return a label, escaped, that may be broken after its underscores."""
    return Markup(escape(visible(label, 60)).replace("_", Markup("_<wbr>")))


def _show(character: str) -> str:
    hidden = unicodedata.category(character) in {"Cc", "Cf", "Cn", "Co", "Cs", "Zl", "Zp"}
    return f"[U+{ord(character):04X}]" if hidden else character


def file_name(sample: object, limit: int = 80) -> str:
    """Return what people call the image: the last part of its name, with the page if it is not the first."""
    name = getattr(sample, "member", None) or getattr(sample, "uri", None) or ""
    page = getattr(sample, "page", None)
    return visible(name.rsplit("/", 1)[-1] or name, limit) + (f" · page {page + 1}" if page else "")


def source(sample: object) -> str:
    """Return where the image lies, in full: the URI, and the member within it."""
    parts = [getattr(sample, "uri", None), getattr(sample, "member", None)]
    return " › ".join(visible(part, 400) for part in parts if part)


def percent(share: float | None) -> str:
    """Return a share in percent, never rounded to nothing or to all."""
    if share is None:
        return "–"
    if 0 < share < 0.001:
        return "< 0.1 %"
    if 0.999 < share < 1:
        return "> 99.9 %"
    return f"{100 * share:.1f} %" if share < 1 else "100 %"


def number(value: float | None, digits: int = 3) -> str:
    """Return a number with thousands separated, or at least `digits` significant digits."""
    if value is None:
        return "–"
    if isinstance(value, int) or abs(value) >= 100:
        return f"{value:,.0f}"
    return f"{value:.{digits}g}"


def confidence(value: float | None) -> str:
    """Return a confidence with two digits, where 1.00 means that it is 1."""
    if value is None:
        return "–"
    return "> 0.99" if 0.995 <= value < 0.9999 else f"{value:.2f}"


def duration(seconds: float | None) -> str:
    """Return seconds as people say them."""
    if seconds is None:
        return "–"
    if seconds < 90:
        return f"{seconds:.3g} s"
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes // 60} h {minutes % 60:02d} min" if minutes >= 60 else f"{minutes} min {rest:02d} s"


def moment(time: datetime | None) -> str:
    """Return a time to the minute, with its zone."""
    return f"{time:%Y-%m-%d %H:%M} {time.tzname()}" if time else "–"


def picture(jpeg: bytes) -> str:
    """Return a thumbnail as a data URI."""
    return "data:image/jpeg;base64," + b64encode(jpeg).decode("ascii")
