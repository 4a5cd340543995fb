"""The ablations as a user starts them: real Ray Tune, a tiny model that knows nothing."""

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from jobs import ablate
from slava import cli
from slava.ablations.config import AblateConfig
from slava.ablations.data_generation import draw
from slava.ablations.studies import Metric
from slava.ablations.tables import table
from slava.ablations.trials import Trial, wanted
from slava.finetuning.samples import Sample
from tests.slava.finetuning.conftest import classes  # noqa: F401 - a fixture

ROOT = Path(__file__).parents[2]
SMALL = ["--seeds", "1", "--steps", "4", "--batch", "4", "--shots", "1", "--shots", "3", "--episodes", "2"]


@pytest.fixture(scope="module")
def environment() -> Iterator[dict[str, str]]:
    with tempfile.TemporaryDirectory(prefix="slava-") as folder:  # short: Ray's sockets lie there
        own = {"RAY_TMPDIR": folder, "RAY_USAGE_STATS_ENABLED": "0", "HF_HUB_OFFLINE": "1"}
        yield {**{name: value for name, value in os.environ.items() if name != "RAY_ADDRESS"}, **own}


def _arguments(data: Path, output: Path, model: Path, *flags: str) -> list[str]:
    return ["--data", str(data), "--output", str(output), "--model", str(model), *SMALL, *flags]


def _run(environment: dict[str, str], *args) -> str:
    command = [sys.executable, "jobs/ablate.py", *_arguments(*args)]
    job = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=500)
    assert job.returncode == 0, job.stderr[-3000:]
    return job.stdout


def _here(*args) -> int:
    """The same in this process, for what ends before Ray is needed; its exit status."""
    return cli.run(AblateConfig, ablate.main, "jobs/ablate.py", _arguments(*args))


@pytest.fixture(scope="module")
def ablated(classes, tiny_checkpoint, environment, tmp_path_factory) -> Path:  # noqa: F811
    """All three studies, once."""
    output = tmp_path_factory.mktemp("ablated") / "out"
    _run(environment, classes, output, tiny_checkpoint)
    return output


@pytest.mark.slow
@pytest.mark.thorough
def test_every_variant_of_every_study_is_told(ablated):
    told = json.loads((ablated / "ablations.json").read_text())["studies"]
    variants = {study: [trial["variant"] for trial in trials] for study, trials in told.items()}
    assert variants == {
        "losses": ["LM", "LM + ITM", "LM + ITM + balance"],
        "data": ["labels only", "labels + measuring teacher", "labels + measuring teacher + filters"],
        "few-shot": [f"{way}, {n}" for way in ("random", "by-class", "similar") for n in (1, 3)],
    }
    for study, names in variants.items():
        rows = (ablated / f"{study}.md").read_text().splitlines()[2:]
        assert [row.split(" | ")[0].removeprefix("| ") for row in rows] == names
        assert (ablated / f"{study}.png").read_bytes().startswith(b"\x89PNG")


@pytest.mark.slow
@pytest.mark.thorough
def test_variants_of_a_study_differ_in_what_they_are_named_for(ablated):
    told = json.loads((ablated / "ablations.json").read_text())["studies"]
    losses = [trial["figures"]["language_loss"] for trial in told["losses"]]
    assert len(set(losses)) == 3
    triples = [trial["figures"]["triples"] for trial in told["data"]]
    images = 36
    assert triples[0] == 0
    assert 0 < triples[2] <= triples[1] <= 2 * images
    labelled = {trial["variant"]: trial["figures"]["labelled"] for trial in told["few-shot"]}
    assert labelled["random, 1"] == labelled["by-class, 1"] == 3
    assert labelled["by-class, 3"] == 9
    assert 9 < labelled["similar, 1"] == labelled["similar, 3"] < images


@pytest.mark.slow
@pytest.mark.thorough
def test_the_same_command_goes_on(ablated, classes, tiny_checkpoint, environment):  # noqa: F811
    kept = sorted((ablated / "trials").rglob("*.json"))
    lost = next(path for path in kept if path.name.startswith("by-class-3"))
    before, stamps = lost.read_text(), {path: path.stat().st_mtime_ns for path in kept}
    lost.unlink()
    said = _run(environment, classes, ablated, tiny_checkpoint)
    assert "few-shot: 1 of 6 trials to do" in said
    assert "losses:" not in said
    assert {path for path in kept if path.stat().st_mtime_ns != stamps[path]} == {lost}
    assert json.loads(lost.read_text())["figures"] == json.loads(before)["figures"]


@pytest.mark.slow
@pytest.mark.thorough
def test_with_nothing_missing_the_tables_are_written_anew(ablated, classes, tiny_checkpoint):  # noqa: F811
    (ablated / "losses.md").unlink()
    assert _here(classes, ablated, tiny_checkpoint, "--study", "losses") == 0
    assert (ablated / "losses.md").read_text().count("\n") == 5


@pytest.mark.slow
@pytest.mark.thorough
def test_other_settings_are_refused(ablated, classes, tiny_checkpoint, capsys):  # noqa: F811
    assert _here(classes, ablated, tiny_checkpoint, "--steps", "3") == 2
    assert "other settings (steps): give another folder" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("flags", "message"),
    [
        (["--data", "nowhere"], "nowhere: no such folder or file"),
        (["--shots", "20"], "--shots 20: a class has only"),
        (["--study", "prompts"], "--study: should be 'losses', 'data' or 'few-shot', got 'prompts'"),
        (["--model", "nowhere"], "--model nowhere: no such directory"),
    ],
)
def test_usage_errors(classes, tiny_checkpoint, tmp_path, capsys, flags, message):  # noqa: F811
    assert _here(classes, tmp_path, tiny_checkpoint, *flags) == 2
    assert message in capsys.readouterr().err


def test_more_seeds_begin_nothing_anew(tmp_path):
    few, many = (wanted(AblateConfig(output=tmp_path, seeds=seeds), "few-shot") for seeds in (1, 3))
    assert many[: len(few)] == few
    assert len({trial.path(tmp_path) for trial in many}) == len(many) == 3 * 12


def test_triples_are_drawn_of_each_image():
    said = [
        Sample(f"{image}.png", None, f"q{n}", "a", None) for image in "xy" for n in range(image == "x", 6)
    ]
    drawn = draw(said, 2, seed=0)
    assert [sample.uri for sample in drawn] == ["x.png", "x.png", "y.png", "y.png"]
    assert len(set(drawn)) == 4
    assert draw(said[::-1], 2, seed=0) == drawn
    assert set(draw(said, 9, seed=0)) == set(said)
    assert len({draw(said, 2, seed=seed) for seed in range(5)}) > 1


def test_a_table_has_the_mean_and_the_spread():
    trials = [Trial("losses", "LM", seed, {"a": value, "n": 1200}) for seed, value in enumerate([0.5, 0.75])]
    lines = table(trials, {"a": Metric("accuracy"), "n": Metric("labels", 0)}).splitlines()
    assert lines == [
        "| variant | accuracy | labels |",
        "| --- | --- | --- |",
        "| LM | 0.625 (0.500 to 0.750) | 1,200 |",
    ]
