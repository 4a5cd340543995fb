"""What microscopes write into their TIFF files."""

from typing import Any

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

_LARGEST_PIXEL_UM = 10.0


def read_instrument(tiff: Any) -> tuple[Acquisition, int | None]:
    """The settings, and the rows of picture above the info bar where the instrument says."""
    try:
        if fei := tiff.fei_metadata:
            return _fei(fei), _fei_picture_height(fei)
        if zeiss := tiff.sem_metadata:
            return _zeiss(zeiss), None
    except (AttributeError, TypeError, ValueError, ArithmeticError):
        pass  # damaged metadata do not cost the picture
    return NOTHING, None


def _zeiss(tags: dict[str, Any]) -> Acquisition:
    """Tag 34118 (CZ_SEM): key -> (label, value, unit)."""

    def text(*keys: str) -> str:
        found = next((tags[key] for key in keys if len(tags.get(key, ())) > 1), ("", ""))
        return " ".join(str(part) for part in found[1:]).strip()

    pixel, distance = metres(text("ap_image_pixel_size", "ap_pixel_size"), 1e-9), metres(text("ap_wd"), 1e-3)
    return Acquisition(
        pixel_size_nm=scaled(pixel, 1e9) if pixel else None,
        kv=kilovolts(text("ap_actualkv", "ap_manualkv")),
        working_distance_mm=scaled(distance, 1e3) if distance is not None else None,
        magnification=magnification(text("ap_mag")),
        detector=text("dp_detector_channel", "dp_detector_type") or None,
        spot_size=(number_and_unit(text("ap_spot")) or (None,))[0],
        instrument="Zeiss",
        date=iso_date(text("ap_date"), text("ap_time")),
        source="zeiss",
    )


def _fei(tags: dict[str, Any]) -> Acquisition:
    """Tags 34680 and 34682 (FEI, Thermo Fisher): sections of keys, in SI units."""

    def value(key: str, *sections: str) -> Any:
        active = {"Beam": tags.get("Beam", {}).get("Beam"), "Scan": tags.get("Beam", {}).get("Scan")}
        for name in [active.get(sections[0]), *sections]:
            found = tags.get(name, {}).get(key) if name else None
            if found not in (None, ""):
                return found
        return None

    def number(key: str, scale: float, most: float, *sections: str) -> float | None:
        found = value(key, *sections)
        return within(scaled(found, scale), 1e-3, most) if type(found) in (int, float) else None

    detector = (
        value("Name", "Detectors") if value("Signal", "Detectors") is None else value("Signal", "Detectors")
    )
    instrument = value("SystemType", "System") or value("Type", "System")
    return Acquisition(
        pixel_size_nm=number("PixelWidth", 1e9, 1e5, "Scan", "EScan", "IScan"),
        field_width_um=number("HFW", 1e6, 1e5, "Beam", "EBeam", "IBeam")
        or number("HorFieldsize", 1e6, 1e5, "Scan", "EScan", "IScan"),
        kv=number("HV", 1e-3, 3000, "Beam", "EBeam", "IBeam"),
        working_distance_mm=number("WorkingDistance", 1e3, 1000, "Stage")
        or number("WD", 1e3, 1000, "Beam", "EBeam", "IBeam"),
        magnification=number("Magnification", 1, 1e8, "Image", "PrivateFei"),
        detector=str(detector) if detector else None,
        spot_size=number("Spot", 1, 1e6, "Beam"),
        instrument=str(instrument) if instrument else "FEI",
        date=iso_date(str(value("Date", "User") or ""), str(value("Time", "User") or "")),
        source="fei",
    )


def _fei_picture_height(tags: dict[str, Any]) -> int | None:
    """The data bar is drawn below the picture that was scanned."""
    rows = tags.get("Image", {}).get("ResolutionY")
    return rows if isinstance(rows, int) and not isinstance(rows, bool) and rows > 0 else None


def read_resolution(tiff: Any, page: Any) -> Acquisition:
    """The pixel size by ImageJ's unit, or by the resolution tags.

    Those mostly hold a printer's or a screen's figure: 72, 300 and 1200 dpi are pixels of
    353, 85 and 21 µm. What is above 10 µm is not believed (a field of a centimetre).
    """
    tag = page.tags.get("XResolution")
    try:
        top, bottom = tag.value
        per_unit = top / bottom
    except (AttributeError, TypeError, ValueError, ZeroDivisionError):
        return NOTHING
    metadata = tiff.imagej_metadata or {}
    unit, source = metadata.get("unit"), "imagej"
    if unit is None:
        unit, source = {2: "in", 3: "cm"}.get(int(page.resolutionunit or 0)), "tiff resolution"
    length = 0.0254 if unit == "in" else metres(f"1 {unit}".replace("\\u00B5", "µ"), 0)
    if not length or per_unit <= 0:
        return NOTHING
    pixel_um = length * 1e6 / per_unit
    if not 1e-6 < pixel_um <= _LARGEST_PIXEL_UM:
        return NOTHING
    return Acquisition(pixel_size_nm=pixel_um * 1e3, source=source)
