"""A run says by itself whether somebody should look at it."""

import pytest

from slava.report import summarize


@pytest.fixture
def sound(make_rows):
    rows = make_rows(100)
    for row in rows:
        row |= {"confidence": 0.9, "page": 0}
    return rows


def test_a_sound_run_is_ok(sound, write_output, run):
    summary = summarize(write_output(sound), run.model_copy(update={"inputs": 100}))
    assert (summary.verdict, summary.warnings) == ("ok", ())


def test_inputs_without_a_row_are_noticed(sound, write_output, run):
    summary = summarize(write_output(sound), run.model_copy(update={"inputs": 103}))
    assert summary.verdict == "attention"
    assert summary.warnings[0].startswith("3 of 103 inputs left neither")


def test_pages_do_not_make_up_for_lost_inputs(sound, write_output, run):
    sound[5]["page"] = 1
    summary = summarize(write_output(sound), run.model_copy(update={"inputs": 100}))
    assert summary.warnings[0].startswith("1 of 100 inputs left neither")


@pytest.mark.parametrize(("limit", "verdict"), [(None, "attention"), (0.2, "attention"), (0.01, "failed")])
def test_the_error_rate_decides(sound, make_dead_letters, write_output, run, limit, verdict):
    output = write_output(sound, make_dead_letters(10))
    assert summarize(output, run.model_copy(update={"max_error_rate": limit})).verdict == verdict


def test_one_failure_is_put_in_the_singular(sound, make_dead_letters, write_output, run):
    summary = summarize(write_output(sound, make_dead_letters(1)), run)
    assert summary.warnings == ("1 input could not be screened; the reasons are listed under failures.",)


@pytest.mark.parametrize(
    ("change", "warning"),
    [
        ({"label": "Tips"}, "100 % of the images are Tips"),
        ({"confidence": 0.3}, "The model is unsure of the class"),
    ],
)
def test_odd_figures_are_noticed(sound, write_output, run, change, warning):
    for row in sound:
        row |= change
    assert any(text.startswith(warning) for text in summarize(write_output(sound), run).warnings)


def test_results_of_two_models_are_noticed(sound, write_output, run):
    sound[0]["model_digest"] = "sha256:01"
    assert "2 different models" in summarize(write_output(sound), run).warnings[0]
