"""The text file that an instrument writes beside an image.

Known layouts: SEC SNE-4500M (`Key : value`), Hitachi (`[SemImageFile]`, `Key=value`), JEOL
(`$CM_KEY value`), TESCAN (`Key=value` in SI units), Zeiss and FEI exports, and JSON.
"""

import json
import re
from collections.abc import Iterator
from dataclasses import replace

from slava.micrographs.acquisition import NOTHING, Acquisition
from slava.micrographs.quantities import (
    iso_date,
    kilovolts,
    magnification,
    metres,
    number_and_unit,
    scaled,
    within,
)

_LINE = re.compile(r"\s*(?:\$+(\w+)\s+|([^=:]{1,80}?)\s*[=:])(.*)")
_KEYS = {
    "kv": "acceleratingvoltage acceleatedvoltage acceleratedvoltage accelerationvoltage accvoltage hv eht kv "
    "highvoltage cmaccelvolt cmacceleratingvoltage beamvoltage voltage",
    "wd": "workingdistance wd smwd cmwd freeworkingdistance",
    "mag": "magnification mag cmmag",
    "pixel": "pixelsize pixelsizex pixelwidth pixelsizenm imagepixelsize",
    "field": "horizontalfieldwidth hfw fieldwidth fieldofview horizfieldwidth hfov",
    "detector": "detectormode detector signalname signal signala cmsignal detectorname",
    "spot": "spotsize spot smspotsize probecurrentlevel",
    "instrument": "model instructname instrumentname instrument microscope device cminstrument systemtype",
    "date": "date cmdate acquisitiondate",
    "time": "time cmtime acquisitiontime",
    "bar": "smmicronbar",
    "marker": "smmicronmarker",
    "width": "datasize cmfullsize imagewidth",
}
_ROLES = {key: role for role, keys in _KEYS.items() for key in keys.split()}
# Measured on the 100 µm scale bars of SNE-4500M images at 500x; the field goes with 1 / magnification.
_SNE_4500M_FIELD_MM = 172.0


def read_sidecar(text: str, width: int | None = None) -> Acquisition:
    """What a sidecar says of an image of `width` pixels; empty if nothing is understood. Never raises.

    Values out of any instrument's range are dropped. The pixel size is the first that is there of: the
    instrument's own (scaled if the image was resized since); its scale bar, label over length (JEOL);
    the field width over the image's width; for the SNE-4500M, which writes none of these, its field at
    the magnification.
    """
    facts: dict[str, str] = {"hitachi": "yes"} if "[SemImageFile]" in text[:200] else {}
    for key, value in pairs(text):
        role = _ROLES.get(re.sub(r"[\W_]", "", key).lower())
        if role and value and _fits(role, value):
            facts.setdefault(role, value)
    known = Acquisition(
        kv=within(kilovolts(facts.get("kv", "")), 0.01, 3000),
        working_distance_mm=within(_working_distance_mm(facts.get("wd", "")), 0, 1000),
        magnification=within(magnification(facts.get("mag", "")), 1, 1e8),
        detector=facts.get("detector"),
        spot_size=_spot(facts.get("spot", "")),
        instrument=facts.get("instrument"),
        date=iso_date(facts.get("date", ""), facts.get("time", "")),
        field_width_um=_field_um(facts),
        pixel_size_nm=within(_pixel_nm(facts, width), 1e-3, 1e5),
    )
    return known if known == NOTHING else replace(known, source="sidecar")


def pairs(text: str) -> Iterator[tuple[str, str]]:
    """The keys and values of a sidecar in order; for JSON, of all levels."""
    if text.lstrip().startswith("{"):
        try:
            yield from _flat(json.loads(text))
            return
        except (ValueError, RecursionError):
            pass
    for line in text.splitlines():
        if match := _LINE.match(line):
            yield match[1] or match[2], match[3].strip()


def _flat(fields: object, key: str = "") -> Iterator[tuple[str, str]]:
    if isinstance(fields, dict):
        for name, value in fields.items():
            yield from _flat(value, str(name))
    elif isinstance(fields, str | int | float) and not isinstance(fields, bool):
        yield key, str(fields)[:200].strip()


def _fits(role: str, value: str) -> bool:
    """Names have letters: the SNE-4500M also writes a detector's voltage as `Detector : 137`."""
    return role not in ("detector", "instrument") or (
        len(value) <= 60 and re.search(r"[^\W\d_]", value) is not None
    )


def _spot(text: str) -> float | None:
    found = number_and_unit(text)
    return within(found[0], 0, 1e6) if found else None


def _working_distance_mm(text: str) -> float | None:
    """A bare number is in mm (JEOL), or in metres if it is too small for that (TESCAN, FEI)."""
    found = number_and_unit(text)
    length = metres(text, 1.0 if found and abs(found[0]) < 0.2 else 1e-3)
    return None if length is None else scaled(length, 1e3)


def _field_um(facts: dict[str, str]) -> float | None:
    length = metres(facts.get("field", ""), 1.0)
    return None if length is None else within(scaled(length, 1e6), 1e-3, 1e5)


def _pixel_nm(facts: dict[str, str], width: int | None) -> float | None:
    """The pixel of the stored image; see read_sidecar."""
    is_sne = facts.get("instrument", "").upper().startswith("SNE-4500M")
    stated, zoom = number_and_unit(facts.get("width", "")), magnification(facts.get("mag", ""))
    scale = stated[0] / width if stated and width and stated[0] > 0 else 1.0
    # The SNE-4500M's own `Pixel Size : 0.7` has no unit, and fits its scale bar in none.
    if not is_sne and (length := metres(facts.get("pixel", ""), _bare_pixel_m(facts, zoom, width))):
        return scaled(length, 1e9 * scale)
    bar, marker = number_and_unit(facts.get("bar", "")), metres(facts.get("marker", ""), 1e-6)
    if bar and bar[0] > 0 and marker:
        return scaled(marker / bar[0], 1e9 * scale)
    if is_sne and zoom and width:
        return scaled(_SNE_4500M_FIELD_MM / zoom / width, 1e6)
    return None


def _bare_pixel_m(facts: dict[str, str], zoom: float | None, width: int | None) -> float:
    """The unit of a pixel size that is written without one, in metres; 0 if it cannot be told.

    Hitachi means nm and TESCAN m. Else it is nm or µm, whichever makes the image at its
    magnification as wide as a print or a screen.
    """
    bare = number_and_unit(facts.get("pixel", ""))
    if bare is None or bare[0] <= 0:
        return 0
    if "hitachi" in facts or bare[0] < 1e-4:
        return 1e-9 if "hitachi" in facts else 1.0
    if not (zoom and width):
        return 0
    return next((unit for unit in (1e-9, 1e-6) if 0.05 <= bare[0] * unit * width * zoom <= 0.6), 0)
