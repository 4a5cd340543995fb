"""The job as a plant runs it: real Ray, real vLLM, a subprocess; killed once, resumed, and run again."""

import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from slava.evaluation.features import picture
from slava.model.encoder import VisionEncoder
from slava.results import DEAD_LETTERS, RESULTS, open_output, read_dead_letters, read_results
from slava.synth.archive import write_archive
from tests.jobs.fence import can_fence, fenced, packets, plain

ROOT = Path(__file__).resolve().parents[2]
DRIVER = """
import runpy, sys
from slava.screening import writing
writing.ROWS_A_FILE = 2
sys.argv = ["jobs/screen.py", *sys.argv[1:]]
runpy.run_path("jobs/screen.py", run_name="__main__")
"""
"""The job, with small files: so that there is one before the end."""
TRIES = 4
"""Of a batch whose engine dies."""
WITHOUT_RAY = """
import runpy, sys
sys.argv = ["jobs/screen.py", *sys.argv[1:]]
try:
    runpy.run_path("jobs/screen.py", run_name="__main__")
finally:
    assert "ray" not in sys.modules, "Ray was started"
"""
BROKEN = ["broken_archive", "empty", "not_an_image", "too_large", "too_small", "truncated"]
IMAGES = 14
"""12 micrographs, one of them with two pages, and the one that can be read in the tar that breaks off."""


@dataclass(frozen=True)
class Screening:
    """What lies under an output, and how the job ended."""

    status: int
    said: str
    results: list[dict[str, Any]]
    dead_letters: list[dict[str, Any]]
    report: dict[str, Any]
    packets: int | None
    """That left the machine; None where none can be counted."""


@pytest.fixture(scope="module")
def environment() -> Iterator[dict[str, str]]:
    with tempfile.TemporaryDirectory(prefix="slava-") as folder:  # short: Ray's sockets lie there
        # As on a machine with Python and make, and nothing else; nor what a compiler left there before.
        own = {"RAY_TMPDIR": folder, "CXX": "no-compiler", "TORCHINDUCTOR_CACHE_DIR": f"{folder}/inductor"}
        unset = {"RAY_ADDRESS", "RAY_USAGE_STATS_ENABLED", "HF_HUB_OFFLINE"}
        yield {**{name: value for name, value in os.environ.items() if name not in unset}, **own}
        assert _end(folder) == []


def _processes(ray: str, name: str = "") -> list[int]:
    """Processes of the Rays that have their files there, and of them those with that in their name."""
    found = []
    for path in Path("/proc").glob("[0-9]*/environ"):
        try:
            named = name in (path.parent / "comm").read_text()
            if named and f"RAY_TMPDIR={ray}\0".encode() in path.read_bytes():
                found.append(int(path.parent.name))
        except OSError:
            continue
    return found


def _end(ray: str) -> list[str]:
    """Wait until nothing of a Ray is left; what stays is ended, and returned."""
    for _ in range(75):
        if not _processes(ray):
            break
        time.sleep(0.2)
    stayed = []
    for process in _processes(ray):
        stayed.append(Path(f"/proc/{process}/cmdline").read_bytes().replace(b"\0", b" ").decode())
        os.kill(process, signal.SIGKILL)
    return stayed


@pytest.fixture(scope="module")
def archive(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A sample archive, with a description that is longer than the model's context."""
    folder = tmp_path_factory.mktemp("archive") / "in"
    write_archive(folder, count=12, broken=6)
    image = min((folder / "lot-A").glob("W*.jpg"))
    Path(f"{image}.txt").write_text("\U00012000\U00013000" * 400, encoding="utf-8")
    return folder


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("screened") / "out"


@pytest.fixture(scope="module")
def command(archive: Path, place: Path, tiny_checkpoint: Path) -> list[str]:
    places = ["--input", str(archive), "--output", str(place), "--model", str(tiny_checkpoint)]
    return [*places, "--batch-size", "4"]


@pytest.fixture(scope="module")
def killed(command: list[str], place: Path, environment: dict[str, str]) -> list[dict[str, Any]]:
    """The results of a run that is killed as soon as there are any."""
    job = subprocess.Popen(
        [sys.executable, "-c", DRIVER, *command], cwd=ROOT, env=environment, stdout=subprocess.DEVNULL
    )
    try:
        while not list(place.glob("results/*.parquet")):
            assert job.poll() is None
            time.sleep(0.02)
    finally:
        job.kill()
        job.wait()
    _end(environment["RAY_TMPDIR"])  # of a driver that is killed so hard, workers stay for a while
    return _rows(read_results(open_output(str(place))))


@pytest.fixture(scope="module")
def resumed(killed: list[Any], command: list[str], place: Path, environment: dict[str, str]) -> Screening:
    """The same command again."""
    return _screen(command, place, environment)


@pytest.fixture(scope="module")
def again(resumed: Screening, command: list[str], place: Path, environment: dict[str, str]) -> Screening:
    """And once more, with failures allowed."""
    return _screen([*command, "--max-error-rate", "1"], place, environment)


def _screen(command: list[str], place: Path, environment: dict[str, str]) -> Screening:
    job = (fenced if can_fence() else plain)(sys.executable, "jobs/screen.py", *command, env=environment)
    assert "Traceback" not in job.stderr, job.stderr
    output = open_output(str(place))
    return Screening(
        job.returncode,
        job.stdout,
        _rows(read_results(output)),
        _rows(read_dead_letters(output)),
        json.loads((place / "report.json").read_text()),
        packets(job.stdout) if can_fence() else None,
    )


def _rows(batches: Any) -> list[dict[str, Any]]:
    return [row for batch in batches for row in batch.to_pylist()]


def _places(rows: list[dict[str, Any]]) -> Counter[tuple[Any, ...]]:
    return Counter((row["uri"], row["member"], row["page"]) for row in rows)


@pytest.mark.slow
def test_a_killed_run_leaves_whole_files(killed: list[dict[str, Any]]) -> None:
    assert 0 < len(killed) <= IMAGES


@pytest.mark.slow
def test_nothing_is_lost_or_doubled(killed: list[dict[str, Any]], resumed: Screening, archive: Path) -> None:
    assert len(resumed.results) == IMAGES - 1
    assert sorted(row["code"] for row in resumed.dead_letters) == sorted([*BROKEN, "engine"])
    assert set(_places(resumed.results + resumed.dead_letters).values()) == {1}
    assert {row["image_id"]: row["run_id"] for row in killed}.items() <= {
        row["image_id"]: row["run_id"] for row in resumed.results
    }.items()
    loose = {str(path) for path in (archive / "lot-A").iterdir() if path.suffix != ".txt"}
    assert {row["uri"] for row in resumed.results + resumed.dead_letters if not row["member"]} == {
        *loose,
        str(archive / "lot-D.tar"),
    }


@pytest.mark.slow
def test_one_request_that_the_engine_refuses_is_one_dead_letter(resumed: Screening) -> None:
    (letter,) = [row for row in resumed.dead_letters if row["code"] == "engine"]
    assert (letter["stage"], letter["page"]) == ("generate", 0)
    assert "2048" in letter["message"]


@pytest.mark.slow
def test_no_packet_leaves_the_machine(resumed: Screening) -> None:
    if resumed.packets is None:
        pytest.skip("needs unshare and ip, and the right to make a network namespace")
    assert resumed.packets == 0


@pytest.mark.slow
def test_too_many_failures_are_the_exit_status(resumed: Screening) -> None:
    assert resumed.status == 1
    assert resumed.report["verdict"] == "failed"
    assert resumed.report["error_rate"] == pytest.approx(7 / 20)


@pytest.mark.slow
def test_the_results_are_as_documented(resumed: Screening) -> None:
    for row in resumed.results:
        assert set(row) == set(RESULTS.names)
        assert row["text"]
        assert sum(score["score"] for score in row["scores"]) == pytest.approx(1, abs=1e-5)
        assert row["confidence"] == row["scores"][0]["score"]
        assert row["label"] == row["scores"][0]["label"]
        assert row["thumbnail"].startswith(b"\xff\xd8\xff")
        assert all(seconds >= 0 for seconds in row["timings"].values())
    assert all(set(row) == set(DEAD_LETTERS.names) for row in resumed.dead_letters)
    assert any("kV" in (row["context"] or "") for row in resumed.results)
    assert Counter(row["pages"] for row in resumed.results) == {1: IMAGES - 3, 2: 2}


@pytest.mark.slow
def test_the_features_are_the_towers(resumed: Screening, tiny_checkpoint: Path) -> None:
    rows = [row for row in resumed.results if not row["member"] and row["pages"] == 1]
    _, pooled = VisionEncoder(tiny_checkpoint)([picture(row["uri"], 224) for row in rows])
    assert pooled.std(dim=0).mean() > 0.1
    assert np.allclose([row["features"] for row in rows], pooled, rtol=0.02, atol=0.02)


@pytest.mark.slow
def test_there_is_a_report(resumed: Screening, place: Path) -> None:
    assert resumed.report["counts"] == {"inputs": 19, "results": 13, "dead_letters": 7, "pages": 14}
    assert set(resumed.report["dead_letters_by_code"]) == {*BROKEN, "engine"}
    assert "<html" in (place / "report.html").read_text()
    assert "engine" in resumed.said


@pytest.mark.thorough
@pytest.mark.slow
def test_an_engine_that_always_dies_ends_the_job(
    archive: Path, tiny_checkpoint: Path, tmp_path: Path, environment: dict[str, str]
) -> None:
    places = ["--input", str(archive), "--output", str(tmp_path / "out"), "--model", str(tiny_checkpoint)]
    job = subprocess.Popen(
        [sys.executable, "jobs/screen.py", *places],
        cwd=ROOT,
        env=environment,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    )
    killed: set[int] = set()
    while job.poll() is None:
        for engine in set(_processes(environment["RAY_TMPDIR"], "VLLM::EngineCor")) - killed:
            os.kill(engine, signal.SIGKILL)
            killed.add(engine)
        time.sleep(0.1)
    said = job.communicate()[1].splitlines()[-1]
    assert job.returncode == 1
    assert said.startswith("jobs/screen.py: ")
    assert f"died {TRIES} times over the same micrographs" in said


@pytest.mark.slow
def test_what_is_done_is_not_screened_again(resumed: Screening, again: Screening) -> None:
    assert again.status == 0
    assert again.results == resumed.results
    assert _places(again.dead_letters) == _places(resumed.dead_letters)
    assert again.report["counts"] == resumed.report["counts"]
    runs = [{row["run_id"] for row in screening.dead_letters} for screening in (resumed, again)]
    assert runs[0].isdisjoint(runs[1])
    assert runs[1] == {again.report["run_id"]}


def _refused(*command: str) -> str:
    """The one line of a command that cannot be, and of which nothing came."""
    job = subprocess.run(
        [sys.executable, "-c", WITHOUT_RAY, *command], cwd=ROOT, capture_output=True, text=True
    )
    assert job.returncode == 2, job.stderr
    (line,) = job.stderr.splitlines()
    return line.removeprefix("jobs/screen.py: ")


@pytest.fixture
def refused(tmp_path: Path, tiny_checkpoint: Path) -> Callable[..., str]:
    (tmp_path / "in").mkdir()
    write_archive(tmp_path / "in", count=1, broken=0)
    start = [
        "--input",
        str(tmp_path / "in"),
        "--output",
        str(tmp_path / "out"),
        "--model",
        str(tiny_checkpoint),
    ]

    def refused(**changes: str) -> str:
        return _refused(*start, *(part for name, value in changes.items() for part in (f"--{name}", value)))

    return refused


@pytest.mark.slow
def test_a_wrong_model_is_one_line(refused: Callable[..., str], tmp_path: Path) -> None:
    assert refused(model="./nowhere").startswith("--model ./nowhere: ")
    assert not (tmp_path / "out").exists()


def test_wrong_labels_and_inputs_are_one_line(refused: Callable[..., str], tmp_path: Path) -> None:
    assert refused(labels="nowhere.txt").startswith("--labels: cannot read nowhere.txt")
    assert refused(labels="only one,").startswith("--labels: needs 2 to 64 labels")
    assert refused(input="nowhere").startswith("--input nowhere: no such file or folder")
    (tmp_path / "empty").mkdir()
    assert "nothing in it is an image" in refused(input=str(tmp_path / "empty"))
    assert not (tmp_path / "out").exists()


@pytest.mark.slow
def test_a_wrong_output_is_one_line(refused: Callable[..., str], tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    assert refused(output=str(tmp_path / "file")).startswith(f"--output {tmp_path / 'file'}: ")
    assert refused(output="ftp://fab/out").startswith("--output ftp://fab/out: ")
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "screening.json").write_text('{"task": "caption"}')
    assert refused().startswith(f"--output {tmp_path / 'out'}: made with other settings (task, ")


def test_a_dry_run_checks_and_writes_nothing(refused: Callable[..., str], tmp_path: Path) -> None:
    assert refused(model="./nowhere", **{"dry-run": "--no-own-context"}).startswith("--model ./nowhere: ")
