"""FSDP2 on two processes against one process that has the whole model."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
import torch

from slava.finetuning.config import FinetuneConfig
from slava.finetuning.curriculum import Curriculum
from slava.finetuning.features import FeatureStore
from slava.finetuning.feeder import Worker
from slava.finetuning.preparing import open_mixture, write_plan
from slava.finetuning.samples import read_lessons
from slava.finetuning.states import read_trainable, trainable
from slava.finetuning.training import Trainer
from slava.model import hardware
from tests.slava.finetuning.sharded import STEPS

pytestmark = [pytest.mark.slow, pytest.mark.thorough, pytest.mark.usefixtures("float32")]


FULL = {"base": "full"}, "float32", 1e-3
NF4 = {"base": "nf4"}, "float32", 1e-3
AS_7B = {"base": "nf4", "recompute": True}, "bfloat16", 2e-2


@pytest.mark.parametrize(("told", "dtype", "near"), [FULL, NF4, AS_7B], ids=["full", "nf4", "as 7b"])
def test_two_shards_train_as_the_whole(
    told, dtype, near, classes, looked_at, tiny_checkpoint, tmp_path, monkeypatch
):
    monkeypatch.setattr(hardware, "dtype", lambda: getattr(torch, dtype))
    # One expert: the loss of balance is taken over each worker's share of the batch.
    settings = {"experts": 1, "top_k": 1, "rank": 4, "batch": 6, "strategy": "fsdp2", **told}
    config = FinetuneConfig(data=str(classes), output="unused", **settings)
    seen = FeatureStore(looked_at / "features").seen()
    curriculum = Curriculum.of(read_lessons(*config.data), seen, config.held_out, config.seed)
    feeder = write_plan(config, tiny_checkpoint, looked_at, curriculum)
    mixture = open_mixture(config, tiny_checkpoint, looked_at)
    trainer = Trainer(config, mixture, mixture, feeder.steps())
    whole = [trainer.step(step, feeder.batch(step, Worker()), Worker()) for step in range(STEPS)]

    written = tmp_path / "config.json"
    written.write_text(config.model_dump_json())
    command = [sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc-per-node", "2"]
    script = [str(Path(__file__).with_name("sharded.py")), str(written), dtype]
    done = subprocess.run(
        [*command, *script, str(tiny_checkpoint), str(looked_at), str(tmp_path)],
        env=os.environ | {"OMP_NUM_THREADS": "1"},
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert done.returncode == 0, done.stderr[:6000]
    history = json.loads((tmp_path / "state.json").read_text())
    for ours, theirs in zip(history, whole, strict=True):
        assert ours["language"] == pytest.approx(theirs["language"], rel=near)

    kept = read_trainable(tmp_path)
    assert {name: value.shape for name, value in kept.items()} == {
        name: value.shape for name, value in trainable(mixture).items()
    }
    assert json.loads((tmp_path / "1.json").read_text())["sharded"] > 0
