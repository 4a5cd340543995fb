"""The command as users run it."""

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


def _run(*arguments):
    return subprocess.run(
        [sys.executable, "jobs/quantize.py", *map(str, arguments)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=200,
        check=False,
    )


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--scheme", "w4a16"], "--output: is needed"),
        (["--output", "x", "--scheme", "w2a2"], "--scheme: "),
        (["--output", "jobs", "--scheme", "w8a8"], "--output jobs: is there already; give a new directory"),
        (["--output", "x", "--scheme", "w8a8", "--model", "no/such/thing"], "--model no/such/thing: no such"),
    ],
)
def test_usage_errors(arguments, message):
    done = _run(*arguments)
    assert done.returncode == 2
    assert message in done.stderr
    assert len(done.stderr.splitlines()) == 1


@pytest.mark.slow
def test_a_checkpoint_that_does_not_fit(tiny_checkpoint, tmp_path):
    done = _run("--output", tmp_path / "made", "--scheme", "w4a16", "--model", tiny_checkpoint)
    assert done.returncode == 2
    assert "w4a16 does not fit it: 96 inputs" in done.stderr
    assert not list(tmp_path.iterdir())


@pytest.mark.slow
def test_makes_a_checkpoint(tiny_checkpoint, tmp_path):
    done = _run("--output", tmp_path / "deep" / "made", "--scheme", "w8a8", "--model", tiny_checkpoint)
    assert done.returncode == 0, done.stderr[-2000:]
    assert (tmp_path / "deep" / "made" / "config.json").is_file()
    assert [path.name for path in (tmp_path / "deep").iterdir()] == ["made"]
    assert "2/2 layers quantized" in done.stdout
