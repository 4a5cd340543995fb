import io

import pytest

from slava.screening.progress import AT_FIRST_S, AT_LAST_S, Progress


@pytest.fixture
def stream():
    return io.StringIO()


def _after(progress, rows, failed, seconds):
    """The line, with so many rows in so many seconds since the first came."""
    progress.first, progress.count, progress.failed = (100.0, 1), rows, failed
    progress.line(100.0 + seconds)
    return progress.stream.getvalue()


def test_a_line_has_counts_rate_and_eta(stream):
    line = _after(Progress(201, stream), 101, 3, 50)
    assert line == "101/201  50 %  3 failed  2.0 images/s  ETA 0:50\n"


def test_hours(stream):
    assert _after(Progress(100_001, stream), 11, 0, 1).endswith("ETA 2:46:39\n")


def test_without_a_total_there_is_no_eta(stream):
    assert _after(Progress(None, stream), 11, 0, 5) == "11  0 failed  2.0 images/s\n"


@pytest.mark.parametrize("total", [None, 0, 1, 10])
@pytest.mark.parametrize("rows", [1, 11])
@pytest.mark.parametrize("seconds", [0, 5])
def test_nothing_is_divided_by_zero(stream, total, rows, seconds):
    assert "failed" in _after(Progress(total, stream), rows, 0, seconds)


def test_the_first_rows_tell_no_rate(stream):
    """They waited for the engine to come up."""
    progress = Progress(96, stream)
    progress.printed -= AT_FIRST_S
    progress.add(32, failed=0)
    assert stream.getvalue() == "32/96  33 %  0 failed\n"


def test_lines_come_now_and_then_only(stream):
    progress = Progress(None, stream)
    progress.add(1, failed=0)
    progress.add(2, failed=1)
    assert stream.getvalue() == ""
    progress.printed -= AT_FIRST_S
    progress.add(4, failed=0)
    progress.add(8, failed=0)
    assert stream.getvalue().startswith("7  1 failed")
    assert stream.getvalue().count("\n") == 1


@pytest.mark.parametrize(("running", "between"), [(0, AT_FIRST_S), (600, 30), (36_000, AT_LAST_S)])
def test_the_longer_it_runs_the_fewer_the_lines(stream, running, between):
    progress = Progress(None, stream)
    progress.began -= running
    progress.printed -= between - 1
    progress.add(1, failed=0)
    assert stream.getvalue() == ""
    progress.printed -= 1
    progress.add(1, failed=0)
    assert stream.getvalue()
