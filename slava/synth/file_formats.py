"""TIFF flavours and sidecars as instruments write them, with true metadata."""

import io
from collections.abc import Sequence

import numpy as np
import tifffile
from numpy.typing import NDArray

from slava.synth.facts import Facts

Pixels = NDArray[np.uint8]

CZ_SEM = 34118
"""TIFF tag of Zeiss's microscopes: lines of text."""
FEI_HELIOS = 34682
"""TIFF tag of FEI's and Thermo's microscopes: an INI file."""


def _tiff(pages: Sequence[NDArray[np.generic]], tag: int = 0, text: str = "") -> bytes:
    body = text.encode("cp1252", "replace") + b"\0"
    tags = [(tag, 2, len(body), body, True)] if tag else []
    with io.BytesIO() as store:
        with tifffile.TiffWriter(store) as writer:
            for page in pages:
                writer.write(page, photometric="minisblack", metadata=None, extratags=tags)
        return store.getvalue()


def plain_tiff(pixels: Pixels, facts: Facts) -> bytes:
    """Eight bits, no metadata."""
    return _tiff([pixels])


def deep_tiff(pixels: Pixels, facts: Facts) -> bytes:
    """Sixteen bits, of which the detector fills twelve."""
    return _tiff([pixels.astype(np.uint16) * 16])


def two_page_tiff(pixels: Pixels, facts: Facts) -> bytes:
    """The picture, and a second page with a small preview."""
    return _tiff([pixels, pixels[::4, ::4]])


def zeiss_tiff(pixels: Pixels, facts: Facts) -> bytes:
    """With Zeiss's tag."""
    unit, scale = ("nm", 1.0) if facts.pixel_size_nm < 1000 else ("µm", 1e-3)
    lines = [
        "0",
        "0",
        "0",
        "AP_ACTUALKV",
        f"EHT = {facts.kv:.2f} kV",
        "AP_WD",
        f"WD = {facts.working_distance_mm:.1f} mm",
        "AP_MAG",
        f"Mag = {facts.magnification / 1000:.2f} K X",
        "AP_IMAGE_PIXEL_SIZE",
        f"Image Pixel Size = {facts.pixel_size_nm * scale:.4g} {unit}",
        "AP_WIDTH",
        f"Width = {facts.field_width_um:.4g} µm",
        "AP_STAGE_AT_T",
        f"Stage at T = {facts.tilt_deg:.1f} °",
        "DP_DETECTOR_CHANNEL",
        f"Signal A = {facts.detector}",
        "SV_SERIAL_NUMBER",
        "Serial No. = SYNTHETIC-00-00",
    ]
    return _tiff([pixels], CZ_SEM, "\r\n".join(lines))


def fei_tiff(pixels: Pixels, facts: Facts) -> bytes:
    """With FEI's tag; lengths in metres, voltage in volts."""
    width = facts.field_width_um * 1e-6
    text = [
        "[User]",
        "UserText=",
        "[System]",
        "SystemType=Synthetic",
        "Dnumber=0",
        "[Beam]",
        f"HV={facts.kv * 1000:g}",
        "Beam=EBeam",
        "[EBeam]",
        f"HV={facts.kv * 1000:g}",
        f"WD={facts.working_distance_mm * 1e-3:.6g}",
        f"HFW={width:.6g}",
        "[Scan]",
        f"PixelWidth={width / pixels.shape[1]:.6g}",
        f"PixelHeight={width / pixels.shape[1]:.6g}",
        f"HorFieldsize={width:.6g}",
        "[Stage]",
        f"StageT={np.radians(facts.tilt_deg):.4f}",
        f"WorkingDistance={facts.working_distance_mm * 1e-3:.6g}",
        "[Detectors]",
        "Number=1",
        f"Name={facts.detector}",
        "Mode=SE",
        "[Image]",
        f"ResolutionX={pixels.shape[1]}",
        f"ResolutionY={pixels.shape[0]}",
        "DigitalContrast=1",
    ]
    return _tiff([pixels], FEI_HELIOS, "\r\n".join(text) + "\r\n")


def sidecar(facts: Facts, name: str, rng: np.random.Generator) -> bytes:
    """The text file that a tabletop instrument leaves beside a picture, in one of several encodings."""
    day = f"2023-{rng.integers(1, 13):02d}-{rng.integers(1, 29):02d}"
    half = ("오전", "오후", "AM", "PM")[int(rng.integers(4))]
    lines = [
        "[Image Info]",
        "Model : Synthetic Tabletop",
        f"Date : {day} {half} {rng.integers(1, 12)}:{rng.integers(60):02d}:00",
        f"File Name : D:\\Images\\{name.rpartition('/')[2]}",
        f"Acceleated Voltage :  {facts.kv:g} kV",
        f"Magnification : x{facts.magnification:.0f} ",
        "Emission Current : 110uA",
        f"Detector Mode : {'BSED' if facts.detector == 'BSE' else 'SED'}",
        "Vacuum Mode : High Vacuum",
        "[   - Spot Size]",
        f"Spot Size : {rng.integers(60, 160)}",
        "[   - Working Distance]",
        f"Working Distance : {facts.working_distance_mm:g}mm",
        "[Active Scan]",
        f"Pixel Size : {facts.pixel_size_nm / 1000:.4g}",
    ]
    encoding = ("utf-8", "utf-8-sig", "cp949", "utf-16")[int(rng.integers(4))]
    return "\r\n".join(lines).encode(encoding)
