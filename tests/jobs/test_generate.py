"""The job as users run it: real Ray, a subprocess, and a real endpoint that fails on order."""

import json
import os
import runpy
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.parquet as pq
import pytest
from PIL import Image

ROOT = Path(__file__).resolve().parents[2]
_TEACHER = runpy.run_path(str(ROOT / "tests" / "slava" / "teacher" / "conftest.py"))
serve, completion, reply = _TEACHER["serve"], _TEACHER["completion"], _TEACHER["reply"]
KEY = "sk-never-to-be-seen"


@pytest.fixture(scope="module")
def environment() -> Iterator[dict[str, str]]:
    with tempfile.TemporaryDirectory(prefix="slava-") as folder:  # short: Ray's sockets lie there
        own = {"RAY_TMPDIR": folder, "RAY_USAGE_STATS_ENABLED": "0", "TEACHER_KEY": KEY}
        yield {**{name: value for name, value in os.environ.items() if name != "RAY_ADDRESS"}, **own}


@pytest.fixture(scope="module")
def archive(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Four micrographs of two classes, one of them twice under two names, and one broken file."""
    folder = tmp_path_factory.mktemp("archive")
    for number, label in enumerate(["Tips", "Tips", "Powder", "Powder"]):
        (folder / label).mkdir(exist_ok=True)
        noise = np.random.default_rng(number).integers(0, 255, (64, 80), np.uint8)
        Image.fromarray(noise).save(folder / label / f"W{number:02d}_site.png")
    (folder / "Tips" / "W99_copy.png").write_bytes((folder / "Tips" / "W00_site.png").read_bytes())
    (folder / "Tips" / "broken.png").write_bytes(b"no image")
    return folder


def _run(environment: dict[str, str], *command: str) -> "subprocess.CompletedProcess[str]":
    job = [sys.executable, "jobs/generate.py", *command]
    return subprocess.run(job, cwd=ROOT, env=environment, capture_output=True, text=True)


def _lines(output: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (output / "conversations.jsonl").read_text().splitlines()]


def _good(facet: str, answer: str) -> dict[str, str]:
    return {"facet": facet, "question": f"What of the {facet}?", "reasoning": "", "answer": answer}


@pytest.mark.slow
def test_measuring_and_again(archive: Path, tmp_path: Path, environment: dict[str, str]) -> None:
    command = ["--input", str(archive), "--output", str(tmp_path / "out"), "--labels-from", "folder"]
    first = _run(environment, *command)
    assert first.returncode == 0, first.stderr
    lines = _lines(tmp_path / "out")
    assert Counter(line["label"] for line in lines).keys() == {"Tips", "Powder"}
    assert len({line["image_id"] for line in lines}) == 4
    assert len({line["id"] for line in lines}) == len(lines)
    assert all(Path(line["image"]).is_file() and line["member"] is None for line in lines)
    assert all(line["conversations"][0]["value"].startswith("<image>\n") for line in lines)
    report = json.loads((tmp_path / "out" / "report.json").read_text())
    assert report["taught"] == len(lines)
    assert report["dead_letters"] == {"not_an_image": 1}
    again = _run(environment, *command)
    assert again.returncode == 0
    assert "4 done before" in again.stdout
    assert _lines(tmp_path / "out") == lines


@pytest.mark.slow
@pytest.mark.thorough
def test_an_endpoint_that_fails_in_every_way(
    archive: Path, tmp_path: Path, environment: dict[str, str], serve: Callable[..., Any]
) -> None:
    content = reply(
        _good("surface", "It is rough and grainy."),
        _good("size", "I'm sorry, I cannot tell."),
        {**_good("defects", "None."), "question": "Which file is W01_site.png?"},
    )
    trouble = [429, 500, "cut", "no JSON", completion("no triples"), 503]
    endpoint = serve(*trouble, completion(content), headers={"Retry-After": "0"})
    command = ["--input", str(archive), "--output", str(tmp_path / "out"), "--labels-from", "folder"]
    command += ["--teacher", endpoint.url, "--teacher-model", "vlm", "--api-key-env", "TEACHER_KEY"]
    command += ["--retry-wait-s", "0.01", "--concurrency", "2", "--retries", "8", "--max-error-rate", "0.5"]
    (tmp_path / "system.jinja").write_text("Teach.")
    (tmp_path / "user.jinja").write_text("{{ label }}")
    command += ["--prompts", str(tmp_path)]
    # Room for two answers of 120 tokens beyond what a request reserves, so that the run stops and is resumed.
    stopped = _run(environment, *command, "--max-tokens", "6500")
    assert stopped.returncode == 0, stopped.stderr
    assert "the budget is spent" in stopped.stdout
    before = _lines(tmp_path / "out")
    finished = _run(environment, *command)
    assert finished.returncode == 0, finished.stderr
    lines = _lines(tmp_path / "out")
    assert lines[: len(before)] == before
    assert [line["facet"] for line in lines].count("surface") == 4
    assert len({line["image_id"] for line in lines}) == 4
    rejected = pq.read_table(tmp_path / "out" / "rejected").to_pylist()
    assert {row["reason"] for row in rejected} == {"refusal", "leak"}
    assert set(endpoint.keys) == {f"Bearer {KEY}"}
    assert len(endpoint.seen) <= len(trouble) + 5 + 2  # the copy may be asked about before it is known as one
    written = b"".join(path.read_bytes() for path in (tmp_path / "out").rglob("*") if path.is_file())
    assert KEY.encode() not in written
    assert KEY not in stopped.stdout + stopped.stderr + finished.stdout + finished.stderr


@pytest.mark.slow
@pytest.mark.thorough
def test_an_endpoint_that_is_down_gives_dead_letters(
    archive: Path, tmp_path: Path, environment: dict[str, str]
) -> None:
    command = ["--input", str(archive), "--output", str(tmp_path / "out"), "--retries", "0", "--limit", "2"]
    job = _run(environment, *command, "--teacher", "http://127.0.0.1:9/v1", "--teacher-model", "vlm")
    assert job.returncode == 1, job.stderr
    report = json.loads((tmp_path / "out" / "report.json").read_text())
    assert report["taught"] == 0
    assert set(report["dead_letters"]) <= {"engine", "not_an_image"}
    assert "Traceback" not in job.stderr


@pytest.mark.parametrize(
    ("flags", "message"),
    [
        (["--labels-from", "nowhere.csv"], "--labels-from nowhere.csv: needs"),
        (["--teacher", "http://127.0.0.1:9/v1"], "--teacher-model: "),
        (["--teacher", "http://a/v1", "--teacher-model", "m", "--prompts", "nowhere"], "--prompts nowhere: "),
    ],
)
def test_a_usage_error_is_one_line(
    archive: Path, tmp_path: Path, environment: dict[str, str], flags: list[str], message: str
) -> None:
    job = _run(environment, "--input", str(archive), "--output", str(tmp_path / "out"), *flags)
    assert job.returncode == 2
    assert job.stderr.startswith(f"jobs/generate.py: {message}")
    assert not (tmp_path / "out").exists()
