"""jobs/finetune.py as a user starts it: real Ray Data and Ray Train, a tiny model."""

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pyarrow.parquet as pq
import pytest

from jobs import finetune, screen
from slava import cli
from slava.finetuning.config import FinetuneConfig
from slava.screening.config import ScreenConfig
from tests.slava.finetuning.conftest import CLASSES, classes, picture  # noqa: F401 - a fixture

ROOT = Path(__file__).parents[2]
pytestmark = pytest.mark.slow


def _command(data: Path, output: Path, model: Path, *flags: str) -> list[str]:
    told = ["--data", str(data), "--output", str(output), "--model", str(model)]
    small = ["--experts", "2", "--rank", "4", "--batch", "6", "--epochs", "12", "--checkpoint-steps", "10"]
    return [sys.executable, str(ROOT / "jobs" / "finetune.py"), *told, *small, *flags]


def _run(*args, **kwargs) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        _command(*args), capture_output=True, text=True, timeout=500, cwd=ROOT, env=os.environ | kwargs
    )


def _here(*args) -> int:
    """The same in this process, for what needs no Ray; its exit status."""
    return cli.run(FinetuneConfig, finetune.main, "jobs/finetune.py", _command(*args)[2:])


def _with_features(trained: Path, output: Path) -> Path:
    """A training's folder that has its features already, as one that was stopped after them has."""
    shutil.copytree(trained / "training" / "features", output / "training" / "features")
    return output


def _conversation(image: Path) -> dict[str, object]:
    turns = [{"from": "human", "value": "<image>\nWhat is it?"}, {"from": "gpt", "value": "Dots."}]
    return {"image": str(image), "conversations": turns}


def _losses(output: Path) -> list[float]:
    kept = output / "training" / (output / "training" / "last").read_text()
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


def test_service_computes_what_training_does(trained, classes, tiny_checkpoint, tmp_path):  # noqa: F811
    """Through Ray Data and vLLM, with a composed adapter a micrograph; the labels are those learned."""
    import torch

    from slava.model import hardware

    output, _ = trained
    common = ["--input", str(classes), "--model", str(tiny_checkpoint), "--experts", str(output)]
    screen = [sys.executable, "jobs/screen.py", *common, "--output", str(tmp_path / "screened")]
    done = subprocess.run(screen, capture_output=True, text=True, timeout=500, cwd=ROOT)
    assert done.returncode == 0, done.stderr[-3000:]
    told = [
        "--experts",
        str(output),
        "--screened",
        str(tmp_path / "screened"),
        "--output",
        str(tmp_path / "a.json"),
    ]
    done = subprocess.run(
        [sys.executable, "jobs/agreement.py", *told], capture_output=True, text=True, cwd=ROOT
    )
    assert done.returncode == 0, done.stderr[-3000:]
    figures = json.loads((tmp_path / "a.json").read_text())
    assert figures["micrographs"] == 36
    assert figures["mixtures"] > 1
    assert figures["agreement"] >= 0.99
    # The two round differently where they compute in bfloat16, and the tiny model's weights are large.
    close = 0.01 if hardware.dtype() == torch.float32 else 0.1
    assert figures["largest_difference_of_confidence"] < close


def test_an_unknown_expert_is_no_silent_base(trained, classes, tiny_checkpoint, tmp_path, capsys):  # noqa: F811
    output, _ = trained
    told = ["--input", str(classes), "--model", str(tiny_checkpoint), "--output", str(tmp_path / "out")]
    flags = ["--experts", str(output), "--expert", "bolts"]
    assert cli.run(ScreenConfig, screen.main, "jobs/screen.py", [*told, *flags]) == 2
    said = capsys.readouterr().err
    assert "--expert bolts" in said
    assert "expert-1, expert-2" in said


def test_the_same_command_again_has_nothing_to_do(trained, classes, tiny_checkpoint):  # noqa: F811
    output, _ = trained
    before = (output / "manifest.json").stat().st_mtime_ns
    assert _here(classes, output, tiny_checkpoint) == 0
    assert (output / "manifest.json").stat().st_mtime_ns == before


def test_other_settings_are_refused(trained, classes, tiny_checkpoint, capsys):  # noqa: F811
    output, _ = trained
    assert _here(classes, output, tiny_checkpoint, "--seed", "7") == 2
    assert "other settings (seed)" in capsys.readouterr().err


def test_a_smaller_rank_of_a_finished_training(trained, classes, tiny_checkpoint):  # noqa: F811
    output, _ = trained
    assert _here(classes, output, tiny_checkpoint, "--rank", "2") == 0
    manifest = json.loads((output / "rank-2" / "manifest.json").read_text())
    assert {entry["rank"] for entry in manifest["experts"]} == {2}


def _wait_for(found, process: subprocess.Popen[bytes]) -> None:
    """Until `found()` is true; a process that ends before that is a failure."""
    while not found():
        assert process.poll() is None, "ended too soon"
        time.sleep(0.1)


def _kill_a_worker(process: subprocess.Popen[bytes]) -> None:
    family = psutil.Process(process.pid).children(recursive=True)
    workers = [one for one in family if any("RayTrainWorker" in part for part in one.cmdline())]
    assert len(workers) == 2
    workers[1].kill()


@pytest.mark.thorough
@pytest.mark.parametrize("flags", [[], ["--strategy", "fsdp2", "--recompute"]], ids=["as nano", "as 7b"])
def test_killed_and_started_again_with_two_workers(
    flags,
    trained,
    classes,  # noqa: F811
    tiny_checkpoint,
    tmp_path,
):
    """First all of it is killed, then one worker; the losses are those of one that was never stopped."""
    whole, _ = trained
    output = _with_features(whole, tmp_path / "experts")
    command = _command(classes, output, tiny_checkpoint, "--num-workers", "2", *flags)
    losses, checkpoints = output / "training" / "losses.jsonl", output / "training" / "checkpoints"
    process = subprocess.Popen(command, cwd=ROOT, start_new_session=True, stdout=subprocess.DEVNULL)
    _wait_for((checkpoints / "checkpoint_manager_snapshot.json").is_file, process)
    os.killpg(process.pid, signal.SIGKILL)
    process.wait()
    assert not (output / "manifest.json").exists()

    losses.unlink()
    process = subprocess.Popen(command, cwd=ROOT, start_new_session=True, stdout=subprocess.DEVNULL)
    _wait_for(lambda: losses.is_file() and "\n" in losses.read_text(), process)
    assert json.loads(losses.read_text().splitlines()[0])["step"] > 0
    _kill_a_worker(process)
    assert process.wait(timeout=500) == 0
    assert _losses(output) == pytest.approx(_losses(whole), rel=1e-2)


@pytest.mark.thorough
def test_a_loss_that_is_not_finite_leaves_no_experts(trained, classes, tiny_checkpoint, tmp_path):  # noqa: F811
    """Not even when a checkpoint was kept before."""
    output = _with_features(trained[0], tmp_path / "experts")
    done = _run(classes, output, tiny_checkpoint, "--expert-rate", "1e30", "--checkpoint-steps", "1")
    assert done.returncode == 1, done.stderr[-2000:]
    assert "the loss is no longer finite" in done.stderr
    assert "lower --expert-rate" in done.stderr
    assert not (output / "manifest.json").exists()


FULL_DISK = """
output=$1; shift
mount -t tmpfs -o size=520k tmpfs "$output"
"$@"; [ $? = 1 ] || exit 3
echo ROOM >&2
mount -o remount,size=1g "$output"
"$@" || exit
cd "$output/training" && cat "$(cat last)/state.json"
"""


@pytest.mark.thorough
def test_a_full_disk_is_told_and_what_was_kept_is_whole(trained, classes, tiny_checkpoint, tmp_path):  # noqa: F811
    """On a disk of its own, made in a namespace of its own; it grows for the second run."""
    output = tmp_path / "experts"
    output.mkdir()
    unshare = ["unshare", "--mount"] if os.geteuid() == 0 else ["unshare", "--mount", "--map-root-user"]
    if subprocess.run([*unshare, "mount", "-t", "tmpfs", "tmpfs", str(output)], check=False).returncode:
        pytest.skip("needs unshare, and the right to mount")
    command = _command(classes, output, tiny_checkpoint, "--max-restarts", "0")
    done = subprocess.run(
        [*unshare, "bash", "-c", FULL_DISK, "full", str(output), *command],
        capture_output=True,
        text=True,
        cwd=ROOT,
    )
    first, second = done.stderr.split("ROOM\n")
    assert "Traceback" not in first
    assert "No space left on device" in first
    assert "the same command goes on" in first
    assert done.returncode == 0, second[-3000:]
    assert [row["language"] for row in json.loads(done.stdout.splitlines()[-1])] == pytest.approx(
        _losses(trained[0]), rel=1e-2
    )


ON_A_GPU = """
import os, sys
from pathlib import Path
import ray
from slava import clusters
from slava.finetuning import distributed, exporting
from slava.finetuning.config import FinetuneConfig
from slava.finetuning.job import Job
from slava.mope.manifest import read_manifest

trained, checkpoint, output = map(Path, sys.argv[1:])
ray.init(address="local", _node_ip_address=clusters.LOOPBACK, include_dashboard=False, num_gpus=1)
os.environ["RAY_ADDRESS"] = "there"
exporting.open_mixture = None  # what is done here fails
told = read_manifest(trained)
folder = trained / "training"
job = Job(FinetuneConfig(**told.recipe, output=str(trained)), checkpoint, told.base_digest, folder)
distributed.export(job, folder / (folder / "last").read_text(), output)
"""
"""On a Ray whose only GPU is one by name."""


def test_where_the_cluster_has_a_gpu_the_export_goes_there(trained, tiny_checkpoint, tmp_path):
    places = [str(trained[0]), str(tiny_checkpoint), str(tmp_path / "there")]
    done = subprocess.run(
        [sys.executable, "-c", ON_A_GPU, *places], capture_output=True, text=True, cwd=ROOT, timeout=300
    )
    assert done.returncode == 0, done.stderr[-3000:]
    here, there = (
        json.loads((folder / "manifest.json").read_text()) for folder in (trained[0], tmp_path / "there")
    )
    assert there["experts"] == here["experts"]
    assert there["metrics"] == pytest.approx(here["metrics"])


@pytest.mark.thorough
def test_an_expert_is_added_for_classes_and_conversations(trained, tiny_checkpoint, tmp_path):
    output, _ = trained
    for place, label in enumerate(CLASSES[:2]):
        (tmp_path / "new" / f"dark {label}").mkdir(parents=True)
        for number in range(10):
            dark = picture(label, 900 + 100 * place + number).point(lambda value: value // 4)
            dark.save(tmp_path / "new" / f"dark {label}" / f"{number}.png")
    told = tmp_path / "told.jsonl"
    told.write_text(json.dumps(_conversation(tmp_path / "new" / "dark dots" / "0.png")) + "\n")
    flags = ("--extend", str(output), "--add-expert", "dark", "--data", str(told))
    done = _run(tmp_path / "new", tmp_path / "more", tiny_checkpoint, *flags)
    assert done.returncode == 0, done.stderr[-3000:]
    manifest = json.loads((tmp_path / "more" / "manifest.json").read_text())
    assert [entry["name"] for entry in manifest["experts"]] == ["expert-1", "expert-2", "dark"]
    for name in ("expert-1", "expert-2"):
        weights = Path("experts") / name / "adapter_model.safetensors"
        assert (tmp_path / "more" / weights).read_bytes() == (output / weights).read_bytes()
    learned = (
        pq.read_table(tmp_path / "more" / "training" / "curriculum.parquet").column("answer").to_pylist()
    )
    assert {answer: learned.count(answer) for answer in set(learned)} == {
        "dark bands": 10,
        "dark dots": 10,
        "Dots.": 1,
    }


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
def test_usage_errors_are_one_line(classes, tiny_checkpoint, tmp_path, flags, message, capsys):  # noqa: F811
    assert _here(classes, tmp_path / "out", tiny_checkpoint, *flags) == 2
    said = capsys.readouterr().err
    assert message in said
    assert len(said.strip().splitlines()) == 1, said
