"""Names and numbers read well and hide nothing."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from slava.report import wording
from slava.report.samples import Failure


@given(st.text(st.characters(codec=None, exclude_categories=())), st.integers(5, 200))
def test_what_is_visible_is_short_and_shows(text, limit):
    shown = wording.visible(text, limit)
    shown.encode("utf-8")
    assert not any(unicodedata.category(character) in {"Cc", "Cf", "Cs"} for character in shown)
    assert len(text) > limit or len(shown) >= len(text)


def test_a_long_name_keeps_both_ends():
    assert wording.visible("abcdefghijklm.tif", 9) == "abcd….tif"
    assert wording.visible("a\nb\u202ec") == "a␊b[U+202E]c"


@pytest.mark.parametrize(
    ("member", "page", "name"),
    [
        ("lot/a.tif", None, "a.tif"),
        ("lot/a.tif", 2, "a.tif · page 3"),
        (None, 0, "in.tar"),
        ("lot/", 0, "lot/"),
    ],
)
def test_file_names(member, page, name):
    assert wording.file_name(Failure("s3://bucket/in.tar", member, page, None)) == name


@pytest.mark.parametrize(
    ("share", "text"),
    [(0, "0.0 %"), (1e-6, "< 0.1 %"), (0.5, "50.0 %"), (0.99999, "> 99.9 %"), (1, "100 %"), (None, "–")],
)
def test_percent_never_rounds_to_none_or_all(share, text):
    assert wording.percent(share) == text


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (12_345, "12,345"),
        (12_345.6, "12,346"),
        (4.96, "4.96"),
        (0.00321, "0.00321"),
        (999.9, "1,000"),
        (None, "–"),
    ],
)
def test_numbers(value, text):
    assert wording.number(value) == text


@pytest.mark.parametrize(
    ("value", "text"), [(0.994, "0.99"), (0.996, "> 0.99"), (1.0, "1.00"), (0.5, "0.50"), (None, "–")]
)
def test_confidences(value, text):
    assert wording.confidence(value) == text


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(0.1234, "0.123 s"), (89.4, "89.4 s"), (119.7, "2 min 00 s"), (125, "2 min 05 s"), (7260, "2 h 01 min")],
)
def test_durations(seconds, text):
    assert wording.duration(seconds) == text


def test_labels_break_only_where_they_may():
    assert wording.class_name("a_<b>") == "a_<wbr>&lt;b&gt;"
