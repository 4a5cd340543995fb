"""The streamed figures are those that a plain loop over all rows gives."""

import math
from collections import Counter

import pytest

from slava.failures import Stage
from slava.report import summarize
from slava.results import results_table


def known(value):
    return value is not None and (isinstance(value, str) or math.isfinite(value))


def mean(values):
    return sum(values) / len(values) if values else None


@pytest.fixture(scope="module")
def many(make_rows):
    """More rows than a batch, as they are stored: confidences in single precision."""
    return results_table(make_rows(20_000)).to_pylist()


def test_the_figures_equal_a_plain_loop(many, make_dead_letters, write_output, run):
    summary = summarize(write_output(many, make_dead_letters(100), rows_a_file=18_000), run)
    confidences = [row["confidence"] for row in many if known(row["confidence"])]
    bins = Counter(min(int(value * 20), 19) for value in confidences)
    assert summary.counts.model_dump() == {
        "inputs": None,
        "results": 20_000,
        "dead_letters": 100,
        "pages": 20_000,
    }
    assert summary.error_rate == pytest.approx(100 / 20_100)
    assert summary.mean_confidence == pytest.approx(mean(confidences))
    assert summary.confidence_histogram == tuple(bins[number] for number in range(20))
    assert summary.experts == Counter(row["expert"] or "base" for row in many)
    assert summary.info_bars_found == sum(row["info_bar"] is not None for row in many)
    assert summary.dead_letters_by_code == {"empty": 34, "blank": 33, "truncated": 33}
    assert summary.dead_letters_by_stage == {"decode": 66, "read": 34}


def test_the_classes_equal_a_plain_loop(many, write_output, run):
    summary = summarize(write_output(many), run)
    assert sum(figures.share for figures in summary.labels.values()) == pytest.approx(1)
    counts = [figures.count for figures in summary.labels.values()]
    assert counts == sorted(counts, reverse=True)
    for label, figures in summary.labels.items():
        members = [row["confidence"] for row in many if row["label"] == label]
        assert figures.count == len(members)
        assert figures.mean_confidence == pytest.approx(mean([value for value in members if known(value)]))


def test_metadata_and_stages_equal_a_plain_loop(many, write_output, run):
    summary = summarize(write_output(many), run)
    for name, share in summary.metadata_coverage.items():
        assert share == pytest.approx(sum(known(row[name]) for row in many) / len(many))
    assert {name: (r.minimum, r.maximum) for name, r in summary.acquisition_ranges.items()} == {
        "pixel_size_nm": (1.5, 22.0),
        "kv": (5.0, 5.0),
    }
    for stage in Stage:
        images = sum(row["timings"][f"{stage}_s"] is not None for row in many)
        assert summary.stages[stage].images == images
        assert summary.stages[stage].busy_seconds == pytest.approx(images / 4)
        assert summary.stages[stage].images_per_second_per_worker == pytest.approx(4)


def test_only_images_of_this_run_count_for_its_speed(make_rows, write_output, run):
    summary = summarize(write_output(make_rows(100)), run)
    assert summary.wall_seconds == 100
    assert summary.images_per_second == pytest.approx(0.9)  # ten were finished before it started


def test_no_rows_at_all(write_output, run):
    summary = summarize(write_output(), run)
    assert summary.verdict == "failed"
    assert summary.error_rate == 0
    assert summary.labels == {}
    assert sum(summary.confidence_histogram) == 0
    assert summary.model_validate_json(summary.model_dump_json()) == summary


def test_only_dead_letters(make_dead_letters, write_output, run):
    summary = summarize(write_output(dead_letters=make_dead_letters(9)), run)
    assert summary.verdict == "failed"
    assert summary.warnings == ("No image was screened.",)
    assert summary.error_rate == 1
    assert summary.mean_confidence is None


def test_texts_have_confidences_without_classes(make_rows, write_output, run):
    summary = summarize(write_output(make_rows(50, "caption")), run)
    assert summary.labels == {}
    assert 0 < summary.mean_confidence < 1


def test_the_summary_survives_json(make_rows, make_dead_letters, write_output, run):
    summary = summarize(write_output(make_rows(30), make_dead_letters(3)), run)
    assert summary.model_validate_json(summary.model_dump_json()) == summary
    assert summary.run_info() == run
