"""The histogram draws what it is given."""

import re
from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st

from slava.report.histogram import histogram_svg

COUNTS = st.lists(st.integers(0, 10**9), min_size=20, max_size=20)


@given(COUNTS)
def test_any_counts_give_a_drawing_within_its_frame(counts):
    svg = ElementTree.fromstring(histogram_svg(counts))
    bars = svg.findall("rect")
    assert len(bars) == sum(count > 0 for count in counts)
    assert all(0 <= float(bar.get("y")) <= 208 and float(bar.get("height")) >= 0 for bar in bars)
    assert 2 <= len(svg.findall("line")) <= 6


@pytest.mark.parametrize(
    ("highest", "ticks"),
    [(0, "0 1"), (3, "0 1 2 3"), (550, "0 200 400 600"), (9_000, "0 2k 4k 6k 8k 10k")],
)
def test_the_axis_has_round_numbers(highest, ticks):
    svg = histogram_svg([highest, *[0] * 19])
    assert re.findall(r'text-anchor="end">([^<]*)<', svg) == ticks.split()


def test_it_says_in_words_what_it_shows():
    svg = histogram_svg([7, *[0] * 18, 3])
    assert "7 of 10 lie under 0.5." in svg
    assert "0.95 to 1.00: 3" in svg
