"""The picks are the least certain, found without holding the rows."""

import math
import os
import tracemalloc

import pyarrow as pa
import pytest

from slava.report import pick_samples
from slava.report.samples import AT_RANDOM, EXAMPLES, LEAST_CERTAIN, PER_CLASS, TEXTS
from slava.results import results_table


def certainty(row):
    """The order of the picks; `sorted` keeps the order of the files among equals."""
    value = row["confidence"]
    return value if value is not None and math.isfinite(value) else math.inf


@pytest.mark.parametrize("rows_a_file", [450, 3000])
def test_the_picks_equal_a_plain_sort(make_rows, write_output, rows_a_file):
    rows = results_table(make_rows(3000)).to_pylist()
    groups = pick_samples(write_output(rows, rows_a_file=rows_a_file, row_group_size=200), "classify").groups
    assert set(groups) == {row["label"] for row in rows}
    for label, samples in groups.items():
        expected = sorted((row for row in rows if row["label"] == label), key=certainty)[:PER_CLASS]
        assert [sample.member for sample in samples] == [row["member"] for row in expected]
        assert [sample.thumbnail for sample in samples] == [row["thumbnail"] for row in expected]


def test_texts_show_the_least_certain_and_a_draw(make_rows, write_output):
    rows = make_rows(2000, "vqa")
    groups = pick_samples(write_output(rows), "vqa").groups
    least = sorted(rows, key=certainty)[:TEXTS]
    drawn = sorted(rows, key=lambda row: row["image_id"])[:TEXTS]
    assert [sample.text for sample in groups[LEAST_CERTAIN]] == [row["text"] for row in least]
    assert [sample.text for sample in groups[AT_RANDOM]] == [row["text"] for row in drawn]


def test_a_few_failures_of_each_code(make_dead_letters, write_output):
    failures = pick_samples(
        write_output(dead_letters=make_dead_letters(40), rows_a_file=2), "classify"
    ).failures
    assert {code: len(found) for code, found in failures.items()} == dict.fromkeys(
        ["empty", "truncated", "blank"], EXAMPLES
    )
    assert failures["empty"][0].uri == "0.tif"


def test_rows_without_label_or_confidence_are_no_trouble(write_output):
    rows = [{"uri": "a", "label": None, "confidence": 0.5}, {"uri": "b", "label": "x", "confidence": None}]
    groups = pick_samples(write_output(rows), "classify").groups
    assert [sample.uri for sample in groups["x"]] == ["b"]


@pytest.mark.parametrize("task", ["classify", "caption"])
def test_fifty_thousand_rows_stay_within_bounds(make_rows, write_output, task):
    rows = [row | {"thumbnail": os.urandom(1000)} for row in make_rows(1000, task)]
    table = pa.concat_tables([results_table(rows)] * 50)
    output = write_output(table, rows_a_file=25_000, use_dictionary=False, compression="none")
    del rows, table
    tracemalloc.start()
    groups = pick_samples(output, task).groups
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert sum(map(len, groups.values())) == (4 * PER_CLASS if task == "classify" else 2 * TEXTS)
    assert peak < 8_000_000  # the thumbnails alone are 50 MB
