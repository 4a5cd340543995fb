"""The job as a laboratory runs it: real Ray, real vLLM, a tiny model that knows nothing."""

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from slava.cli import UsageError, parse
from slava.evaluation.config import EvaluateConfig

ROOT = Path(__file__).resolve().parents[2]
LABELS = ("lying", "plain", "upright")


@pytest.fixture(scope="module")
def dataset(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Three classes of twelve; one picture's description names its class."""
    root, rng = tmp_path_factory.mktemp("data") / "stripes", np.random.default_rng(0)
    wave = 60 * np.repeat(np.sin(np.arange(64) / 2)[:, None], 64, 1)
    for label, grey in zip(LABELS, (wave, 0 * wave, wave.T), strict=True):
        (root / label).mkdir(parents=True)
        for number in range(12):
            noisy = 127 + grey + 8 * rng.normal(size=(64, 64))
            Image.fromarray(noisy.clip(0, 255).astype(np.uint8)).save(root / label / f"{number}.png")
    for number in range(12):
        (root / "plain" / f"{number}.txt").write_text("a plain one")
    return root


@pytest.fixture(scope="module")
def environment() -> Iterator[dict[str, str]]:
    with tempfile.TemporaryDirectory(prefix="slava-") as folder:  # short: Ray's sockets lie there
        own = {"RAY_TMPDIR": folder, "RAY_USAGE_STATS_ENABLED": "0", "HF_HUB_OFFLINE": "1"}
        yield {**{name: value for name, value in os.environ.items() if name != "RAY_ADDRESS"}, **own}


def _run(environment: dict[str, str], *arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "jobs/evaluate.py", *arguments]
    return subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True)


@pytest.fixture(scope="module")
def report(
    dataset: Path,
    tiny_checkpoint: Path,
    environment: dict[str, str],
    tmp_path_factory: pytest.TempPathFactory,
) -> dict[str, Any]:
    output = tmp_path_factory.mktemp("evaluated")
    places = ["--dataset", str(dataset), "--output", str(output), "--model", str(tiny_checkpoint)]
    few = ["--shots", "2", "--sampling", "by-class", "--episodes", "2", "--in-context", "--baselines"]
    job = _run(environment, *places, *few, "--held-out", "0.4")
    assert job.returncode == 0, job.stderr
    assert (output / "report.html").read_text().count("<section") > 8
    said: dict[str, Any] = json.loads((output / "report.json").read_text())
    return said


@pytest.mark.slow
def test_model_heads_and_baselines_stand_in_one_table(report: dict[str, Any]) -> None:
    assert [entry["name"] for entry in report["entries"]] == [
        "zero-shot",
        "in context, 2 a class, by-class",
        "prototype head on features, 2 a class, by-class",
        "nearest class mean on pooled features, 2 a class, by-class",
        "nearest neighbour on pooled features, 2 a class, by-class",
        "linear probe on pooled features, 2 a class, by-class",
        "nearest class mean on pooled features, all labels",
        "nearest neighbour on pooled features, all labels",
        "linear probe on pooled features, all labels",
        "small CNN from scratch, all labels",
    ]
    assert report["labels"] == list(LABELS)
    probe = report["entries"][-2]
    assert probe["figures"]["top-1"]["value"] > 0.8


@pytest.mark.slow
def test_prompts_that_name_the_class_do_not_count(report: dict[str, Any]) -> None:
    zero_shot, in_context, head = report["entries"][:3]
    assert zero_shot["refused"] > 0
    assert zero_shot["refused"] + zero_shot["images"] == in_context["images"] == head["images"]
    assert zero_shot["confusion"][LABELS.index("plain")] == [0, 0, 0]
    assert zero_shot["unanswered"] == in_context["unanswered"] == in_context["refused"] == 0


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ([], "--dataset: classify needs it"),
        (["--task", "vqa"], "--references: vqa needs it"),
        (["--dataset", "x", "--in-context"], "--in-context: needs --shots"),
        (["--dataset", "x", "--shots", "2", "--split", "all"], "--split all: leaves no images"),
    ],
)
def test_what_cannot_be_asked_is_one_line(arguments: list[str], said: str) -> None:
    with pytest.raises(UsageError, match=said):
        parse(EvaluateConfig, "jobs/evaluate.py", ["--output", "out", *arguments])


@pytest.mark.slow
@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--dataset", "none"], "none: no such folder"),
        (["--dataset", "none", "--experts", "nowhere"], "give the folder that jobs/finetune.py wrote"),
    ],
)
def test_what_is_not_there_is_one_line_before_anything_starts(
    arguments: list[str], said: str, environment: dict[str, str], tiny_checkpoint: Path, tmp_path: Path
) -> None:
    places = ["--output", str(tmp_path / "out"), "--model", str(tiny_checkpoint)]
    job = _run(environment, *places, *arguments)
    assert job.returncode == 2
    assert job.stderr.startswith("jobs/evaluate.py: ")
    assert said in job.stderr
    assert not (tmp_path / "out").exists()
