"""Numbers with units, as instruments write them."""

import math
import re
from datetime import datetime

_NUMBER = re.compile(r"([-+]?\d[\d.,]*(?:e[-+]?\d+)?)\s*([^\d\s]*)", re.IGNORECASE)
_METRES = {
    "m": 1.0,
    "cm": 1e-2,
    "mm": 1e-3,
    "um": 1e-6,
    "micron": 1e-6,
    "microns": 1e-6,
    "nm": 1e-9,
    "pm": 1e-12,
}
_DATES = (
    "%Y-%m-%d",
    "%Y/%m/%d",
    "%Y.%m.%d",
    "%m/%d/%Y",  # Hitachi, JEOL and FEI
    "%d/%m/%Y",  # reached only if the first number cannot be a month
    "%d.%m.%Y",
    "%d %b %Y",  # Zeiss
    "%d %B %Y",
)


def number_and_unit(text: str) -> tuple[float, str] | None:
    """The first number of a text, and the word after it; None if there is none, or none that is finite."""
    match = _NUMBER.search(text[:200])
    if match is None:
        return None
    digits, unit = match.groups()
    try:
        number = float(_plain(digits))
    except ValueError:
        return None
    return (number, unit.strip(".,;)]")) if math.isfinite(number) else None


def _plain(digits: str) -> str:
    """A comma before exactly three digits parts thousands; any other is a decimal comma."""
    if re.fullmatch(r"[-+]?\d{1,3}(,\d{3})+(\.\d*)?", digits):
        return digits.replace(",", "")
    return digits.rstrip(".,").replace(",", ".")


def metres(text: str, bare: float) -> float | None:
    """A length; `bare` is what a number without a unit counts, in metres."""
    found = number_and_unit(text)
    if found is None:
        return None
    unit = found[1].replace("µ", "u").replace("μ", "u").replace("ƒÊ", "u").partition("/")[0]
    scale = _METRES.get(unit) or _METRES.get(unit.lower()) or (bare if not unit else None)
    return found[0] * scale if scale else None


def kilovolts(text: str) -> float | None:
    """A voltage; a bare number above 300 is in volts."""
    found = number_and_unit(text)
    if found is None:
        return None
    unit, number = found[1].lower(), abs(found[0])
    volts = unit in ("v", "volt", "volts") or (not unit and number > 300)
    return number / 1000 if volts else number if unit in ("", "kv") else None


def magnification(text: str) -> float | None:
    """`x500`, `500 x`, `5.00 K X`, `5,000x`, `20kx`."""
    found = number_and_unit(text)
    if found is None:
        return None
    unit = found[1].lower().replace("×", "x")
    return found[0] * (1000 if unit in ("k", "kx") else 1) if unit in ("", "x", "k", "kx", "times") else None


def iso_date(day: str, time: str = "") -> str | None:
    """ISO 8601 from a date and maybe a time; what comes after the date in `day` is not trusted.

    (The SNE-4500M writes "2019-09-02 오전 12:11:19" there: a 12-hour clock in the user's language.)
    """
    words = day.replace(",", " ").split()
    for text in (" ".join(words[:3]), words[0] if words else ""):
        for form in _DATES:
            try:
                date = datetime.strptime(text, form).date().isoformat()
            except ValueError:
                continue
            return date + _clock(time)
    return None


def _clock(text: str) -> str:
    """`T14:05:09`, or nothing if there is no time of day."""
    found = re.match(r"\s*(\d{1,2}):([0-5]\d)(?::([0-5]\d))?[\d.]*\s*([AaPp][Mm])?", text, re.ASCII)
    if found is None:
        return ""
    hour = int(found[1])
    if found[4]:
        hour = hour % 12 + (12 if found[4].lower() == "pm" else 0)
    return f"T{hour:02}:{found[2]}:{found[3] or '00'}" if hour < 24 else ""


def scaled(number: float, factor: float) -> float:
    """A product without the dust of binary fractions (9.8, not 9.799999999999999)."""
    return float(f"{number * factor:.9g}")


def within(value: float | None, least: float, most: float) -> float | None:
    """The value, or None if no instrument could have it."""
    return value if value is not None and least <= value <= most else None
