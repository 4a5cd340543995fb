"""Counts and sizes in answers."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from slava.evaluation.numbers import first_number, within_factor


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("About 1,250 particles of 3 kinds", 1250),
        ("Seven fibres", 7),
        ("1.5 µm wide", 1500),
        ("30nm", 30),
        ("none to be seen", None),
        ("No tips", 0),
        ("12 mmol", 12),
    ],
)
def test_the_first_number_is_read(text: str, number: float | None) -> None:
    assert first_number(text) == number


@given(st.text())
def test_any_text_is_read(text: str) -> None:
    number = first_number(text)
    assert number is None or number >= 0


def test_near_is_within_the_factor() -> None:
    found = within_factor(["10", "five", "21", "many", "0"], ["8", "10", "10", "3", "0"], 2)
    assert found.tolist() == [1, 1, 0, 0, 1]
    assert within_factor(["3"], ["round grains"], 2).size == 0
