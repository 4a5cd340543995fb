from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from slava.micrographs import Acquisition, InfoBar, decode

Maker = Callable[..., bytes]
ZEISS = [
    *("0", "1.5", "AP_MAG", "Mag =   5.00 K X", "AP_WD", "WD =  4.2 mm", "AP_ACTUALKV", "EHT =  5.00 kV"),
    *("AP_IMAGE_PIXEL_SIZE", "Image Pixel Size = 22.33 nm", "DP_DETECTOR_CHANNEL", "Signal A = InLens"),
    *("AP_DATE", "Date :14 Mar 2013", "AP_TIME", "Time :12:30:41"),
]
FEI = [
    *("[User]", "Date=11/24/2010", "Time=02:29:41 PM", "[System]", "SystemType=Nova NanoSEM"),
    *("[Beam]", "HV=15000", "Spot=3", "Beam=EBeam", "Scan=EScan", "[EBeam]", "HFW=1.28e-005", "WD=0.0051"),
    *("[EScan]", "PixelWidth=1.25e-008", "[Stage]", "WorkingDistance=0.00512"),
    *("[Image]", "ResolutionX=200", "ResolutionY=170", "[Detectors]", "Number=1", "Name=TLD"),
]


def _with_tag(tif: Maker, code: int, lines: list[str], **options: Any) -> bytes:
    text = "\r\n".join(lines) + "\r\n"
    pixels = np.random.default_rng(0).integers(0, 256, (200, 200), np.uint8)
    return tif(pixels, extratags=[(code, 2, len(text) + 1, text, True)], **options)


def test_zeiss(tif: Maker) -> None:
    [micrograph] = decode(_with_tag(tif, 34118, ZEISS), "a.tif")
    assert micrograph.acquisition == Acquisition(
        pixel_size_nm=22.33,
        field_width_um=4.466,
        kv=5,
        working_distance_mm=4.2,
        magnification=5000,
        detector="InLens",
        instrument="Zeiss",
        date="2013-03-14T12:30:41",
        source="zeiss",
    )


@pytest.mark.parametrize("code", [34680, 34682])
def test_fei(tif: Maker, code: int) -> None:
    [micrograph] = decode(_with_tag(tif, code, FEI), "a.tif")
    assert micrograph.acquisition == Acquisition(
        pixel_size_nm=12.5,
        field_width_um=12.8,
        kv=15,
        working_distance_mm=5.12,
        detector="TLD",
        spot_size=3,
        instrument="Nova NanoSEM",
        date="2010-11-24T14:29:41",
        source="fei",
    )
    assert micrograph.info_bar == InfoBar(170, 200, 0, 200)
    assert micrograph.pixels.shape == (170, 200, 3)


def test_a_sidecar_fills_the_gaps(tif: Maker) -> None:
    [micrograph] = decode(_with_tag(tif, 34682, FEI), "a.tif", "Magnification = 9000\nHV = 1 kV\n")
    assert (micrograph.acquisition.magnification, micrograph.acquisition.kv) == (9000, 15)
    assert micrograph.acquisition.source == "fei+sidecar"


def test_damaged_metadata_do_not_cost_the_picture(tif: Maker) -> None:
    for lines in (
        ["[Beam]", "HV=" + "9" * 400, "Beam=5", "[Image]", "ResolutionY=nan"],
        ["[", "=", "HV"],
        ["[Beam]", "HV=nan"],
    ):
        [micrograph] = decode(_with_tag(tif, 34682, lines), "a.tif")
        assert micrograph.pixels.shape == (200, 200, 3)
        assert micrograph.acquisition.kv is None


@pytest.mark.parametrize(
    ("options", "pixel", "source"),
    [
        ({"resolution": (2e5, 2e5), "resolutionunit": "CENTIMETER"}, 50, "tiff resolution"),
        ({"resolution": (300, 300), "resolutionunit": "INCH"}, None, None),
        ({"resolution": (118.11, 118.11), "resolutionunit": "CENTIMETER"}, None, None),
        ({"resolution": (20, 20), "imagej": True, "metadata": {"unit": "um"}}, 50, "imagej"),
        ({"resolution": (1, 1), "resolutionunit": "NONE"}, None, None),
    ],
)
def test_resolution_tags(
    tif: Maker, options: dict[str, Any], pixel: float | None, source: str | None
) -> None:
    pixels = np.random.default_rng(0).integers(0, 256, (100, 100), np.uint8)
    [micrograph] = decode(tif(pixels, **options), "a.tif")
    assert micrograph.acquisition.pixel_size_nm == (pytest.approx(pixel) if pixel else None)
    assert micrograph.acquisition.source == source
