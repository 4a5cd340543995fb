import subprocess
import sys
from pathlib import Path

import pytest

from slava.cli import USAGE_ERROR, UsageError, parse, run
from slava.screening.config import ScreenConfig

ROOT = Path(__file__).resolve().parents[2]
PLACES = ["--input", "in", "--output", "out"]
FLAGS = {"--config", "--help", "--no-own-context", "--no-dry-run"} | {
    *("--input", "--output", "--task", "--labels", "--question", "--context", "--own-context", "--model"),
    *("--limit", "--max-error-rate", "--dry-run", "--batch-size", "--encoders", "--engines"),
    *("--quantization", "--experts", "--expert"),
}
"""What scripts in a plant rely on: add to it, take nothing away."""


def _parse(*argv):
    return parse(ScreenConfig, "jobs/screen.py", argv)


def _wrong(*argv):
    """The line that a usage error prints."""
    with pytest.raises(UsageError) as caught:
        _parse(*argv)
    assert "\n" not in str(caught.value)
    return str(caught.value)


@pytest.fixture
def yaml(tmp_path):
    def write(text):
        path = tmp_path / "screen.yaml"
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        return str(path)

    return write


def test_defaults_are_those_of_the_configuration():
    assert _parse(*PLACES) == ScreenConfig(input=["in"], output="out")


def test_lists_are_flags_given_several_times():
    assert _parse("--input", "a", "--output", "o", "--input=b").input == ["a", "b"]


@pytest.mark.parametrize("path", ["lot 1,2/a.tif", 'a"b.tif', "[1]", "{x}", "a=b", "日本,試料", "null", "1"])
@pytest.mark.parametrize("form", ["apart", "joined"])
def test_odd_paths_survive(path, form):
    given = ["--input", path] if form == "apart" else [f"--input={path}"]
    assert _parse(*given, "--output", path) == ScreenConfig(input=[path], output=path)


def test_switches():
    assert _parse(*PLACES, "--dry-run").dry_run
    assert not _parse(*PLACES, "--no-own-context").own_context


def test_the_command_line_goes_before_the_file(yaml):
    path = yaml("input: [x, y]\noutput: there\nlimit: 5\nmax-error-rate: 0.5\nbatch_size: 2\n")
    config = _parse("--config", path, "--limit", "7", "--input", "z")
    assert (config.limit, config.input, config.output) == (7, ["z"], "there")
    assert (config.max_error_rate, config.batch_size) == (0.5, 2)
    assert _parse(f"--config={path}").input == ["x", "y"]


def test_the_environment_does_not_count(monkeypatch):
    for name in ("MODEL", "model", "TASK", "OUTPUT", "LIMIT"):
        monkeypatch.setenv(name, "7")
    assert _parse(*PLACES) == ScreenConfig(input=["in"], output="out")


def test_an_unknown_key_of_the_file_is_named(yaml):
    path = yaml("output: o\ninput: [i]\ninputs: [a]\n")
    assert _wrong("--config", path) == f"--config {path}: there is no setting 'inputs'"


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("- a\n- b\n", "should hold `name: value` lines"),
        ("a: [", "not YAML"),
        ("a: é".encode("latin-1"), "not YAML"),
        ("input: in.tar\noutput: o", "--input: should be a valid list, got 'in.tar'"),
        ("limit: many", "--limit: should be a valid integer"),
        ("config: other.yaml\ninput: [i]\noutput: o", "there is no setting 'config'"),
    ],
)
def test_files_that_will_not_do(yaml, content, message):
    assert message in _wrong("--config", yaml(content))


def test_a_file_that_is_not_there():
    assert _wrong("--config", "nowhere.yaml", *PLACES) == "--config nowhere.yaml: No such file or directory"


def test_an_empty_file_changes_nothing(yaml):
    assert _parse("--config", yaml(""), *PLACES) == _parse(*PLACES)


@pytest.mark.parametrize(
    ("argv", "message"),
    [
        (["--limit", "0"], "--limit: should be greater than or equal to 1, got '0'"),
        (["--limit", "-3"], "--limit: should be greater than or equal to 1, got '-3'"),
        (["--limit", "few"], "--limit: should be a valid integer"),
        (["--max-error-rate", "1.5"], "--max-error-rate: should be less than or equal to 1, got '1.5'"),
        (["--batch-size", "5000"], "--batch-size: should be less than or equal to 1024, got '5000'"),
        (["--task", "guess"], "--task: should be 'classify', 'caption' or 'vqa', got 'guess'"),
        (["--task", "vqa"], "--question: vqa needs the question to ask"),
        (["--limit", "0", "--engines", "0"], "; --engines: should be greater"),
    ],
)
def test_values_that_will_not_do_are_named_with_their_bounds(argv, message):
    assert message in _wrong(*PLACES, *argv)


def test_what_is_missing_is_named():
    assert _wrong("--output", "o") == "--input: is needed"
    assert _wrong() == "--input: is needed; --output: is needed"


@pytest.mark.parametrize(
    ("argv", "message"),
    [
        (["--nope", "1"], "unrecognized arguments: --nope 1"),
        (["--inp", "a"], "unrecognized arguments: --inp a"),
        (["--input"], "argument --input: expected one argument"),
        (["--input", "--output", "o"], "argument --input: expected one argument"),
        (["--config"], "argument --config: expected one argument"),
        ([*PLACES, "stray"], "unrecognized arguments: stray"),
    ],
)
def test_wrong_flags_are_one_line_after_the_usage(argv, message, capsys):
    with pytest.raises(SystemExit) as caught:
        _parse(*argv)
    assert caught.value.code == USAGE_ERROR
    error = capsys.readouterr().err
    assert error.startswith("usage: jobs/screen.py")
    assert error.splitlines()[-1] == f"jobs/screen.py: error: {message}"


def test_help_mentions_every_field(capsys):
    with pytest.raises(SystemExit) as caught:
        _parse("--help")
    assert caught.value.code == 0
    said = capsys.readouterr().out
    words = said.replace(",", " ").replace("[", " ").replace("]", " ").split()
    assert {word for word in words if word.startswith("--")} == FLAGS
    flat = " ".join(said.split())
    for field in ScreenConfig.model_fields.values():
        assert " ".join(field.description.split()) in flat
    assert "--config str YAML file with `name: value` lines" in flat


def test_the_exit_status_is_mains_or_2(capsys):
    assert run(ScreenConfig, lambda config: 1, "job", PLACES) == 1

    def wrong(config):
        raise UsageError("--input in: nothing there")

    assert run(ScreenConfig, wrong, "job", PLACES) == USAGE_ERROR
    assert run(ScreenConfig, lambda config: 0, "job", []) == USAGE_ERROR
    assert capsys.readouterr().err.splitlines() == [
        "job: --input in: nothing there",
        "job: --input: is needed; --output: is needed",
    ]


def test_errors_of_the_job_are_its_own():
    def broken(config):
        raise ValueError("a bug")

    with pytest.raises(ValueError, match="a bug"):
        run(ScreenConfig, broken, "job", PLACES)


def test_help_of_the_job_comes_at_once():
    """Without torch, Ray or vLLM, which take seconds."""
    code = "import runpy, sys; sys.argv = ['x', '--help']\n"
    code += "try:\n    runpy.run_path('jobs/screen.py', run_name='__main__')\nexcept SystemExit as end:\n"
    code += "    assert not end.code, end.code\n"
    code += "assert not {'torch', 'ray', 'vllm', 'transformers'} & set(sys.modules)"
    subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=True, capture_output=True)
