"""jobs/finetune.py as a user starts it: real Ray Data and Ray Train, a tiny model."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.slava.finetuning.conftest import CLASSES, classes, picture  # noqa: F401 - a fixture

ROOT = Path(__file__).parents[2]
pytestmark = pytest.mark.slow


def _command(data: Path, output: Path, model: Path, *flags: str) -> list[str]:
    told = ["--data", str(data), "--output", str(output), "--model", str(model)]
    small = ["--experts", "2", "--rank", "4", "--batch", "6", "--epochs", "3", "--checkpoint-steps", "5"]
    return [sys.executable, str(ROOT / "jobs" / "finetune.py"), *told, *small, *flags]


def _run(*args, **kwargs) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        _command(*args), capture_output=True, text=True, timeout=500, cwd=ROOT, env=os.environ | kwargs
    )


def _losses(output: Path) -> list[float]:
    kept = max((output / "training" / "checkpoints").glob("checkpoint_*"))
    return [row["language"] for row in json.loads((kept / "state.json").read_text())]


@pytest.fixture(scope="module")
def trained(classes, tiny_checkpoint, tmp_path_factory):  # noqa: F811
    """A finished training, and what it printed."""
    output = tmp_path_factory.mktemp("finetune") / "experts"
    done = _run(classes, output, tiny_checkpoint)
    assert done.returncode == 0, done.stderr[-3000:]
    return output, done.stdout


def test_a_set_of_experts(trained, classes, tiny_checkpoint):  # noqa: F811
    from transformers import AutoConfig

    from slava.model import configuration
    from slava.model.checkpoints import weights_digest
    from slava.mope.expert_set import ExpertSet

    configuration.register()
    output, said = trained
    text_config = AutoConfig.from_pretrained(tiny_checkpoint).text_config
    experts = ExpertSet.open(output, weights_digest(tiny_checkpoint), text_config)
    assert experts.names == ["expert-1", "expert-2"]
    assert experts.manifest.labels == CLASSES
    assert experts.manifest.metrics["held_out"] > 0
    assert "kept aside" in said
    assert (output / "README.md").is_file()
    assert (output / "training.png").read_bytes().startswith(b"\x89PNG")
    assert list((output / "training" / "tensorboard").glob("events*"))


def test_the_same_command_again_has_nothing_to_do(trained, classes, tiny_checkpoint):  # noqa: F811
    output, _ = trained
    before = (output / "manifest.json").stat().st_mtime_ns
    assert _run(classes, output, tiny_checkpoint).returncode == 0
    assert (output / "manifest.json").stat().st_mtime_ns == before


def test_other_settings_are_refused(trained, classes, tiny_checkpoint):  # noqa: F811
    output, _ = trained
    done = _run(classes, output, tiny_checkpoint, "--seed", "7")
    assert done.returncode == 2
    assert "other settings (seed)" in done.stderr


def test_a_smaller_rank_of_a_finished_training(trained, classes, tiny_checkpoint):  # noqa: F811
    output, _ = trained
    done = _run(classes, output, tiny_checkpoint, "--rank", "2")
    assert done.returncode == 0, done.stderr[-2000:]
    manifest = json.loads((output / "rank-2" / "manifest.json").read_text())
    assert {entry["rank"] for entry in manifest["experts"]} == {2}


def test_killed_and_started_again_with_two_workers(trained, classes, tiny_checkpoint, tmp_path):  # noqa: F811
    """The losses are those of the training that was never stopped, on one worker."""
    whole, _ = trained
    output = tmp_path / "experts"
    command = _command(classes, output, tiny_checkpoint, "--num-workers", "2")
    process = subprocess.Popen(command, cwd=ROOT, start_new_session=True, stdout=subprocess.DEVNULL)
    deadline = time.monotonic() + 400
    checkpoints = output / "training" / "checkpoints"
    while not list(checkpoints.glob("checkpoint_*/state.json")) and time.monotonic() < deadline:
        time.sleep(0.2)
    os.killpg(process.pid, signal.SIGKILL)
    process.wait()
    assert not (output / "manifest.json").exists()
    done = _run(classes, output, tiny_checkpoint, "--num-workers", "2")
    assert done.returncode == 0, done.stderr[-3000:]
    assert _losses(output) == pytest.approx(_losses(whole), rel=2e-2)


def test_an_expert_is_added(trained, tiny_checkpoint, tmp_path):
    output, _ = trained
    for place, label in enumerate(CLASSES[:2]):
        (tmp_path / "new" / f"dark {label}").mkdir(parents=True)
        for number in range(10):
            dark = picture(label, 900 + 100 * place + number).point(lambda value: value // 4)
            dark.save(tmp_path / "new" / f"dark {label}" / f"{number}.png")
    flags = ("--extend", str(output), "--add-expert", "dark")
    done = _run(tmp_path / "new", tmp_path / "more", tiny_checkpoint, *flags)
    assert done.returncode == 0, done.stderr[-3000:]
    manifest = json.loads((tmp_path / "more" / "manifest.json").read_text())
    assert [entry["name"] for entry in manifest["experts"]] == ["expert-1", "expert-2", "dark"]
    for name in ("expert-1", "expert-2"):
        weights = Path("experts") / name / "adapter_model.safetensors"
        assert (tmp_path / "more" / weights).read_bytes() == (output / weights).read_bytes()


@pytest.mark.parametrize(
    ("flags", "message"),
    [
        (["--data", "nowhere"], "nowhere: no such folder or file"),
        (["--top-k", "3"], "--top-k: at most --experts (2), got 3"),
        (["--model", "nowhere"], "--model nowhere: no such directory"),
        (["--add-expert", "x"], "--extend and --add-expert: give both, or neither"),
        (["--extend", "nowhere", "--add-expert", "x"], "give the folder that jobs/finetune.py wrote"),
    ],
)
def test_usage_errors_are_one_line(classes, tiny_checkpoint, tmp_path, flags, message):  # noqa: F811
    done = _run(classes, tmp_path / "out", tiny_checkpoint, *flags)
    assert done.returncode == 2
    assert message in done.stderr
    assert len(done.stderr.strip().splitlines()) == 1, done.stderr
