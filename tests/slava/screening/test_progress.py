import io

import pytest

from slava.screening.progress import SECONDS_A_LINE, Progress


@pytest.fixture
def stream():
    return io.StringIO()


def _after(progress, rows, failed, seconds):
    """The line, with so many rows in so many seconds since the first."""
    progress.first, progress.count, progress.failed = 100.0, rows, failed
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
    assert "images/s" in _after(Progress(total, stream), rows, 0, seconds)


def test_lines_come_now_and_then_only(stream):
    progress = Progress(None, stream)
    progress.add(False)
    progress.add(True)
    assert stream.getvalue() == ""
    progress.printed -= SECONDS_A_LINE
    progress.add(False)
    progress.add(False)
    assert stream.getvalue().startswith("3  1 failed")
    assert stream.getvalue().count("\n") == 1
