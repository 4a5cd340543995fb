"""Trains a few steps under FSDP2 on two processes, and writes the losses and what was trained.

torchrun --nproc-per-node 2 sharded.py CONFIG.json DTYPE CHECKPOINT FOLDER OUTPUT
"""

import json
import sys
from pathlib import Path

import torch
import torch.distributed as dist

from slava.finetuning.config import FinetuneConfig
from slava.finetuning.feeder import Worker
from slava.finetuning.preparing import open_feeder, open_mixture
from slava.finetuning.sharding import shard
from slava.finetuning.states import load_state, save_state
from slava.finetuning.training import Trainer
from slava.model import hardware

STEPS = 4


def main(config: FinetuneConfig, dtype: torch.dtype, checkpoint: Path, folder: Path, output: Path) -> None:
    hardware.dtype = lambda: dtype
    dist.init_process_group("gloo")
    worker = Worker(dist.get_rank(), dist.get_world_size())
    feeder = open_feeder(config, checkpoint, folder)
    history: list[dict[str, float]] = []
    for steps in (range(2), range(2, STEPS)):  # stopped and gone on with in between
        mixture = open_mixture(config, checkpoint, folder)
        wrapped = shard(mixture)
        trainer = Trainer(config, mixture, wrapped, feeder.steps())
        if history:
            history = load_state(output, wrapped, trainer.optimizer)
        trainer.go_on_from(len(history))
        for step in steps:
            history.append(trainer.step(step, feeder.batch(step, worker), worker))
        save_state(output, wrapped, trainer.optimizer, history)
        dist.barrier()
    local = sum(value.to_local().numel() for value in mixture.parameters() if hasattr(value, "to_local"))
    (output / f"{worker.rank}.json").write_text(json.dumps({"sharded": local}))
    dist.destroy_process_group()


if __name__ == "__main__":
    told, dtype, *places = sys.argv[1:]
    main(FinetuneConfig(**json.loads(Path(told).read_text())), getattr(torch, dtype), *map(Path, places))
