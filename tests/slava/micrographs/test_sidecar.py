import dataclasses
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from slava.micrographs import Acquisition, read_sidecar

HITACHI = """[SemImageFile]
InstructName=S-4800
Date=10/23/2012
Time=14:20:05
DataSize=1280x960
PixelSize=16.54
SignalName=SE(U)
AcceleratingVoltage=5000 Volt
Magnification=6000
WorkingDistance=9400 um
"""
JEOL = """$CM_FORMAT V3
$CM_ACCEL_VOLT 15.00
$CM_MAG 5000
$CM_SIGNAL SEI
$CM_DATE 11/24/2010
$CM_TIME 02:51 PM
$CM_INSTRUMENT JSM-6510
$CM_FULL_SIZE 1280 960
$$SM_WD 10.6
$$SM_MICRON_BAR 200
$$SM_MICRON_MARKER 5um
"""
TESCAN = """[MAIN]
Device=VEGA3
Date=2010-11-24
Magnification=5000
PixelSizeX=1.08e-008
[SEM]
HV=20000.0
WD=0.0098
Detector=BSE
"""


def test_the_tabletop_microscope(data: Path) -> None:
    """All that the SNE-4500M wrote: Korean clock, misspelt keys, `Detector` as a voltage too."""
    dates = set()
    for path in sorted((data / "lib-cathode").rglob("*.txt")):
        found = read_sidecar(path.read_text("utf-8"), 1280)
        dates.add(found.date)
        assert dataclasses.replace(found, date=None, spot_size=None) == Acquisition(
            pixel_size_nm=268.75,
            kv=20,
            working_distance_mm=5,
            magnification=500,
            detector="SED",
            instrument="SNE-4500M Plus",
            source="sidecar",
        )
        assert found.spot_size in (107, 127)
    assert len(dates) == 100
    assert {"2019-09-02T00:11:19", "2019-12-03T20:14:57"} <= dates


def test_hitachi() -> None:
    assert read_sidecar(HITACHI, 1280) == Acquisition(
        pixel_size_nm=16.54,
        kv=5,
        working_distance_mm=9.4,
        magnification=6000,
        detector="SE(U)",
        instrument="S-4800",
        date="2012-10-23T14:20:05",
        source="sidecar",
    )
    assert read_sidecar(HITACHI, 640).pixel_size_nm == 33.08  # resized since


def test_jeol() -> None:
    assert read_sidecar(JEOL, 1280) == Acquisition(
        pixel_size_nm=25,
        kv=15,
        working_distance_mm=10.6,
        magnification=5000,
        detector="SEI",
        instrument="JSM-6510",
        date="2010-11-24T14:51:00",
        source="sidecar",
    )


def test_tescan() -> None:
    found = read_sidecar(TESCAN)
    assert (found.pixel_size_nm, found.kv, found.working_distance_mm) == (10.8, 20, 9.8)
    assert (found.detector, found.instrument, found.date) == ("BSE", "VEGA3", "2010-11-24")


def test_json() -> None:
    found = read_sidecar('{"beam": {"kV": 5, "wd": "4,5 mm"}, "pixel size": "2 nm", "ok": true, "n": null}')
    assert (found.kv, found.working_distance_mm, found.pixel_size_nm) == (5, 4.5, 2)


@pytest.mark.parametrize(
    "text", ["", "hello", "kV = lots\nWD = 5 parsec\nMag = 1e999", "HV = -0\nWD = 1e9 m", "{"]
)
def test_nonsense_is_nothing(text: str) -> None:
    assert read_sidecar(text, 100) == Acquisition()


@given(st.text(), st.integers(1, 10_000))
def test_any_text(text: str, width: int) -> None:
    read_sidecar(text, width).describe()


@given(
    st.lists(
        st.tuples(
            st.sampled_from(
                [
                    "HV",
                    "WD",
                    "Mag",
                    "PixelSize",
                    "HFW",
                    "Date",
                    "Time",
                    "Spot",
                    "DataSize",
                    "$SM_MICRON_BAR 1",
                ]
            ),
            st.sampled_from(["=", ":", " "]),
            st.one_of(st.text(), st.floats().map(str), st.integers().map(str)),
            st.sampled_from(["", " kV", "mm", " um", "nm", " K X", "x"]),
        )
    )
)
def test_any_values(lines: list[tuple[str, str, str, str]]) -> None:
    read_sidecar("\n".join("".join(line) for line in lines), 1024).with_frame(1024).describe()


@given(
    kv=st.floats(0.1, 300),
    distance=st.floats(0.3, 60),
    zoom=st.integers(10, 999_999),
    pixel=st.floats(0.01, 9000),
    detector=st.sampled_from(["BSE", "SE(U)", "InLens", "TLD"]),
    equals=st.sampled_from(["=", " = ", ": ", " :  "]),
)
def test_what_is_rendered_is_read(
    kv: float, distance: float, zoom: int, pixel: float, detector: str, equals: str
) -> None:
    text = "\r\n".join(
        key + equals + value
        for key, value in {
            "Accelerating Voltage": f"{kv:.4f} kV",
            "Working Distance": f"{distance * 1000:.3f} µm",
            "Magnification": f"{zoom:,} x",
            "Pixel Size": f"{pixel:.6f} nm",
            "Detector": detector,
        }.items()
    )
    found = read_sidecar(text)
    assert found.kv == pytest.approx(kv, abs=1e-4)
    assert found.working_distance_mm == pytest.approx(distance, abs=1e-5)
    assert found.magnification == zoom
    assert found.pixel_size_nm == pytest.approx(pixel, abs=1e-5)
    assert found.detector == detector


@pytest.mark.parametrize(
    ("written", "pixel"), [("0.2226", 222.6), ("222.6", 222.6), ("50000", None), ("2e-7", 200)]
)
def test_a_pixel_size_without_unit(written: str, pixel: float | None) -> None:
    """557x on 1024 pixels of 222.6 nm is a display of 127 mm."""
    text = f"Magnification : x557\nPixel Size : {written}\n"
    assert read_sidecar(text, 1024).pixel_size_nm == pixel
    assert read_sidecar("Pixel Size : 5").pixel_size_nm is None
