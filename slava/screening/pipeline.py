"""The screening on Ray Data: its only module that knows Ray.

read (tasks) -> encode (actors: the vision tower) -> ray.data.llm (vLLM actors) -> rows for the driver.
A row that failed anywhere skips what is left (`__inference_error__` is Ray's own convention).
"""

import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import ray
import torch
from ray.data.llm import Processor, build_processor, vLLMEngineProcessorConfig

from slava import clusters
from slava.archives import Shard
from slava.screening.asking import Ask, Understand
from slava.screening.config import ScreenConfig
from slava.screening.encoding import Encoder
from slava.screening.reading import Reader
from slava.screening.records import ERROR, Row, engine_failure
from slava.screening.room import ENCODE, ENGINE, READ_CPUS, check_room, reads_apart
from slava.screening.routing import Router
from slava.vllm.engine import ExpertSlots, engine_environment, engine_kwargs


def screened(
    config: ScreenConfig,
    checkpoint: Path,
    shards: Sequence[Shard],
    reader: Reader,
    ask: Ask,
    understand: Understand,
    router: Router | None,
) -> Iterator[list[tuple[Row, bytes]]]:
    """Each record with its thumbnail, in the batches in which they come; `code` marks a dead letter.

    A result's `features` are the pooled ones of the vision tower, [2D], float32. Raises WorkerError.
    """
    clusters.connect()
    device = clusters.device()
    if not clusters.named():  # a cluster may grow
        check_room(config, device, ray.cluster_resources())
    kwargs = {"checkpoint": str(checkpoint), "ask": ask, "router": router}
    data = encoded(shards, reader, AskingEncoder, kwargs, config.encoders, config.batch_size, config.limit)
    # A processor called as a whole puts a step of its own before and after the engine. Each waits for a
    # worker that imports torch anew; on two cores no answer came out before the last (ray.data 2.60).
    processor = build_processor(_engine(config, checkpoint, device, router))
    for stage in processor.stages.values():
        settings = stage.get_dataset_map_batches_kwargs(config.batch_size, processor.DATA_COLUMN)
        data = data.map_batches_internal(stage.fn, **settings, max_task_retries=clusters.RETRIES)
    for batch in clusters.batches(data):
        yield [_answered(row[processor.DATA_COLUMN], understand) for row in batch]


def encoded(
    shards: Sequence[Shard],
    reader: Reader,
    encoder: type[Encoder],
    constructor_kwargs: dict[str, Any],
    encoders: int,
    batch_size: int,
    limit: int | None = None,
) -> Any:
    """A Ray Data set of the rows that went through reader and vision tower."""
    clusters.stream_blocks()
    data = ray.data.from_items(
        [{"shard": shard.to_json()} for shard in shards], override_num_blocks=len(shards)
    )
    device = clusters.device()
    worker = ENCODE[device]
    cpus = READ_CPUS if reads_apart(device, encoders, limit) else worker["CPU"]
    data = data.map_batches(reader, batch_size=1, num_cpus=cpus)
    if limit:
        data = data.limit(limit)
    # Not `map_batches`: that warns of what has no name of its own there, as the retries (ray.data 2.60).
    return data.map_batches_internal(
        encoder,
        fn_constructor_kwargs=constructor_kwargs,
        batch_size=batch_size,
        compute=ray.data.ActorPoolStrategy(size=encoders),
        num_cpus=worker["CPU"],
        num_gpus=worker.get("GPU", 0),
        max_task_retries=clusters.RETRIES,
    )


class AskingEncoder(Encoder):
    """The vision tower, the gate, and the engine's request beside what they saw."""

    def __init__(self, checkpoint: str, ask: Ask, router: Router | None) -> None:
        super().__init__(checkpoint)
        self.ask, self.router = ask, router

    def __call__(self, batch: dict[str, Any]) -> dict[str, Any]:
        """One column of rows, as the engine's stage takes them."""
        encoded = super().__call__(batch)
        rows = [dict(zip(encoded, values, strict=True)) for values in zip(*encoded.values(), strict=True)]
        if self.router:
            self._route([row for row in rows if row["pooled"]], self.router)
        return {Processor.DATA_COLUMN: [self.ask(row) | row for row in rows]}

    def _route(self, rows: list[Row], router: Router) -> None:
        if rows:
            features = [torch.frombuffer(bytearray(row["pooled"]), dtype=torch.float32) for row in rows]
            for row, (mixture, told) in zip(rows, router(torch.stack(features)), strict=True):
                row["record"] = json.dumps(json.loads(row["record"]) | told)
                row["model"] = str(mixture.directory)  # ray.data.llm: an adapter's folder


SLOTS, KEPT = 8, 64
"""Experts and mixtures that may share a batch, and that stay in the engine's memory."""

ENGINE_BATCHES = 3
"""Batches in the engine at once: enough that it never runs dry, few enough that answers come out steadily."""


def _engine(
    config: ScreenConfig, checkpoint: Path, device: str, router: Router | None
) -> vLLMEngineProcessorConfig:
    return vLLMEngineProcessorConfig(
        model_source=str(checkpoint),
        engine_kwargs=engine_kwargs(device=device, experts=_slots(router)),
        runtime_env={"env_vars": engine_environment(config.encoders, device)},
        placement_group_config={"bundles": [dict(ENGINE[device])]},
        concurrency=(config.engines, config.engines),
        batch_size=config.batch_size,
        max_concurrent_batches=ENGINE_BATCHES,
        max_tasks_in_flight_per_actor=ENGINE_BATCHES + 1,
        should_continue_on_error=True,
        log_engine_metrics=False,
        chat_template_stage=False,
        tokenize_stage=False,
        detokenize_stage=False,
        prepare_multimodal_stage=False,
    )


def _slots(router: Router | None) -> ExpertSlots | None:
    if router is None:
        return None
    return ExpertSlots(count=SLOTS, rank=router.experts.max_rank, kept=KEPT)


def _answered(row: Row, understand: Understand) -> tuple[Row, bytes]:
    if not row[ERROR]:
        features = np.frombuffer(row["pooled"], np.float32)
        return understand(row) | {"features": features}, row["thumbnail"]
    record: Row = json.loads(row["record"])
    if "code" not in record:
        record = json.loads(engine_failure(record, row[ERROR])["record"])
    return record, b""
