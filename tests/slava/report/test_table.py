"""The table at the end of a job fits a terminal."""

import pytest

from slava.report import summarize, summary_table


@pytest.mark.parametrize("task", ["classify", "vqa"])
def test_it_fits_80_columns(make_rows, make_dead_letters, write_output, run, task):
    output = write_output(make_rows(100, task), make_dead_letters(5))
    run = run.model_copy(update={"task": task, "inputs": 10**9, "output": "s3://bucket/" + 30 * "deep/"})
    lines = summary_table(summarize(output, run)).splitlines()
    assert all(len(line) <= 80 for line in lines[:-1])
    assert lines[-1] == "report  s3://bucket/" + 30 * "deep/" + "report.html"


def test_it_has_the_figures(make_rows, make_dead_letters, write_output, run):
    summary = summarize(write_output(make_rows(100), make_dead_letters(5)), run)
    words = [line.split() for line in summary_table(summary).splitlines()]
    assert ["screened", "100", "mean", "confidence", f"{summary.mean_confidence:.2f}"] in words
    assert ["images/s", "0.9", "in", "1", "min", "40", "s"] in words
    assert ["empty", "2"] in words
    tips = summary.labels["Tips"]
    assert ["Tips", str(tips.count), f"{tips.share:.1%}"[:-1], "%", f"{tips.mean_confidence:.2f}"] in words


def test_hostile_labels_stay_in_their_column(make_rows, write_output, run):
    rows = make_rows(40)
    for number, row in enumerate(rows):
        row["label"] = f"{number}\x1b[2J\r\n" + "x" * 500
    text = summary_table(summarize(write_output(rows), run))
    assert "\x1b" not in text
    assert "\r" not in text
    assert "and 20 more labels" in text
    assert all(len(line) <= 80 for line in text.splitlines())


def test_an_empty_run_has_a_table(write_output, run):
    text = summary_table(summarize(write_output(), run))
    assert "! There was nothing to screen." in text
    assert "\n\n\n" not in text
