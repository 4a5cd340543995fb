import pytest
from hypothesis import given
from hypothesis import strategies as st

from slava.micrographs.quantities import iso_date, kilovolts, magnification, metres, number_and_unit


@pytest.mark.parametrize(
    ("text", "metre"),
    [
        ("9.1 mm", 9.1e-3),
        ("9400 um", 9.4e-3),
        ("10µm", 1e-5),
        ("10 μm", 1e-5),
        ("4,5 mm", 4.5e-3),
        ("7", 7e-9),
        ("1.2e-8", 1.2e-17),
    ],
)
def test_lengths(text: str, metre: float) -> None:
    assert metres(text, 1e-9) == pytest.approx(metre)


@pytest.mark.parametrize(
    ("text", "kv"),
    [("20 kV", 20), (" 5.00kV", 5), ("5000 Volt", 5), ("15000", 15), ("200", 200), ("3 A", None), ("", None)],
)
def test_voltages(text: str, kv: float | None) -> None:
    assert kilovolts(text) == kv


@pytest.mark.parametrize(
    ("text", "times"),
    [
        ("x500", 500),
        ("5.00 K X", 5000),
        ("5,000x", 5000),
        ("20kx", 20000),
        ("1,250,000 ×", 1250000),
        ("500", 500),
        ("5 mm", None),
    ],
)
def test_magnifications(text: str, times: float | None) -> None:
    assert magnification(text) == times


@pytest.mark.parametrize(
    ("day", "time", "iso"),
    [
        ("2019-09-02 오전 12:11:19", "00:11:19.0637863", "2019-09-02T00:11:19"),
        ("14 Mar 2013", "12:30:41", "2013-03-14T12:30:41"),
        ("11/24/2010", "02:29:41 PM", "2010-11-24T14:29:41"),
        ("24/11/2010", "12:05 am", "2010-11-24T00:05:00"),
        ("03.02.2020", "", "2020-02-03"),
        ("2019/1/2", "25:00", "2019-01-02"),
        ("yesterday", "12:00", None),
        ("", "", None),
    ],
)
def test_dates(day: str, time: str, iso: str | None) -> None:
    assert iso_date(day, time) == iso


@given(st.text(), st.text())
def test_any_text(text: str, time: str) -> None:
    number_and_unit(text)
    iso_date(text, time)
