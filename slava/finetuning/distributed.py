"""Fine-tuning on Ray: Ray Data computes the visual features, Ray Train the experts.

The only module of this room that knows Ray. Checkpoints are Ray Train's: each in a folder of its own,
registered when it is whole, so that a training goes on from the last good one after the loss of a
worker, of the driver or of the machine.
"""

import json
import tempfile
from collections.abc import Iterator, Sequence
from itertools import chain
from pathlib import Path
from typing import Any

import ray.train
from ray.train import Checkpoint, CheckpointConfig, FailureConfig, RunConfig, ScalingConfig
from ray.train.torch import TorchTrainer
from torch import nn

from slava import clusters
from slava.archives import Shard
from slava.finetuning import exporting
from slava.finetuning.config import FinetuneConfig
from slava.finetuning.feeder import Worker
from slava.finetuning.job import Job
from slava.finetuning.journal import Journal
from slava.finetuning.kept import KEPT_CHECKPOINTS, go_on_from
from slava.finetuning.preparing import open_feeder, open_mixture
from slava.finetuning.states import StateError, load_state, save_state
from slava.finetuning.training import Trainer, TrainingError
from slava.mope.manifest import Manifest
from slava.screening.encoding import Encoder
from slava.screening.pipeline import encoded
from slava.screening.reading import Reader
from slava.screening.records import Row

BATCH = 32


def look_at(checkpoint: Path, shards: Sequence[Shard], reader: Reader) -> Iterator[tuple[Row, bytes, bytes]]:
    """Each record with its image tokens and pooled features; `code` in a record marks a dead letter.

    Raises WorkerError.
    """
    clusters.connect()
    encoders = max(1, min(clusters.cores(), len(shards)))
    data = encoded(shards, reader, Encoder, {"checkpoint": str(checkpoint)}, encoders, BATCH)
    for row in chain.from_iterable(clusters.batches(data)):
        yield json.loads(row["record"]), row["payload"], row["pooled"]


def train(config: FinetuneConfig, checkpoint: Path, folder: Path) -> Path:
    """Train on what lies in `folder`; the directory of the last checkpoint. Raises TrainingError."""
    clusters.connect()
    last = go_on_from(folder / "checkpoints")
    on_gpu = clusters.device() == "cuda"
    cores = max(1, clusters.cores() // config.num_workers)
    trainer = TorchTrainer(
        _work,
        train_loop_config={
            "config": config.model_dump(),
            "checkpoint": str(checkpoint),
            "folder": str(folder),
            "last": str(last) if last else None,
        },
        scaling_config=ScalingConfig(
            num_workers=config.num_workers, use_gpu=on_gpu, resources_per_worker={"CPU": cores}
        ),
        run_config=RunConfig(
            name="checkpoints",
            storage_path=str(folder),
            failure_config=FailureConfig(max_failures=config.max_restarts),
            checkpoint_config=CheckpointConfig(num_to_keep=KEPT_CHECKPOINTS),
        ),
    )
    try:
        result = trainer.fit()
    except ray.train.TrainingFailedError as error:
        raise TrainingError(
            f"the workers failed more than {config.max_restarts} times: {_cause(error)}; what was kept last "
            f"is whole, in {folder / 'checkpoints'}: the same command goes on from there"
        ) from error
    # Not by its metrics: Ray gives those of the last checkpoint, which a failed training has too.
    if result.return_value:
        raise TrainingError(result.return_value)
    if result.checkpoint is None and last:  # all of it had been trained before
        return last
    return Path(result.checkpoint.path)


def export(job: Job, kept: Path, output: Path) -> Manifest:
    """Write the experts of a finished training (`exporting.export`), measured where the cluster computes.

    Its head, where jobs run, may have no GPU: nor then the memory for a base of 7 B, or the time.
    """
    if not clusters.named():
        return exporting.export(job, kept, output)
    clusters.connect()
    if clusters.device() == "cpu":
        return exporting.export(job, kept, output)
    manifest: Manifest = ray.get(ray.remote(num_gpus=1)(exporting.export).remote(job, kept, output))
    return manifest


def _cause(error: ray.train.TrainingFailedError) -> str:
    """The last line of what went wrong in a worker: its exception."""
    lines = [line for line in str(error).splitlines() if line.strip()]
    return lines[-1].strip() if lines else type(error).__name__


def _work(told: dict[str, Any]) -> str | None:
    """One worker's whole training; why it cannot go on, if it cannot."""
    config = FinetuneConfig(**told["config"])
    context = ray.train.get_context()
    worker = Worker(context.get_world_rank(), context.get_world_size())
    last = ray.train.get_checkpoint() or (Checkpoint(told["last"]) if told["last"] else None)
    try:
        _train(config, Path(told["checkpoint"]), Path(told["folder"]), worker, last)
    except (TrainingError, StateError) as error:
        # Raised, it would be taken for a fault of the worker, and another start would end the same way.
        return str(error)
    return None


def _train(
    config: FinetuneConfig, checkpoint: Path, folder: Path, worker: Worker, last: Checkpoint | None
) -> None:
    feeder = open_feeder(config, checkpoint, folder)
    mixture = open_mixture(config, checkpoint, folder)
    steps = feeder.steps()
    wrapped = _spread(config, mixture, worker)
    trainer = Trainer(config, mixture, wrapped, steps)
    history: list[dict[str, float]] = []
    if last:
        with last.as_directory() as directory:
            history = load_state(Path(directory), wrapped, trainer.optimizer)
    trainer.go_on_from(len(history))
    device = next(mixture.gate.parameters()).device
    with Journal(folder / "losses.jsonl", worker.rank == 0, history) as journal:
        for step in range(len(history), steps):
            journal.add(trainer.step(step, feeder.batch(step, worker).to(device), worker), steps)
            if (step + 1) % config.checkpoint_steps == 0 or step + 1 == steps:
                _keep(wrapped, trainer, journal.history, worker)


def _spread(config: FinetuneConfig, mixture: nn.Module, worker: Worker) -> nn.Module:
    """The mixture over all workers: copied (DDP), or shared out (FSDP2)."""
    if config.strategy == "fsdp2":
        from slava.finetuning.sharding import shard

        return shard(mixture)
    if worker.size == 1:
        return mixture
    return nn.parallel.DistributedDataParallel(mixture)


def _keep(wrapped: nn.Module, trainer: Trainer, history: list[dict[str, float]], worker: Worker) -> None:
    """Every worker must report as often as the others, or all of them wait for ever (ray#50874)."""
    with tempfile.TemporaryDirectory() as scratch:
        save_state(Path(scratch), wrapped, trainer.optimizer, history)
        kept = Checkpoint.from_directory(scratch) if worker.rank == 0 else None
        ray.train.report({"step": len(history)}, checkpoint=kept)
