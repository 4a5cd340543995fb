"""The screening on Ray Data: the only module of the library that knows Ray.

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
from slava.screening.routing import Router
from slava.vllm.engine import ExpertSlots, engine_environment, engine_kwargs

BLOCK_BYTES = 8 << 20
"""Small blocks: a shard of a large archive streams on while it is still being read."""


def screened(
    config: ScreenConfig,
    checkpoint: Path,
    shards: Sequence[Shard],
    reader: Reader,
    ask: Ask,
    understand: Understand,
    router: Router | None,
) -> Iterator[tuple[Row, bytes]]:
    """Each record with its thumbnail, as they come; `code` in a record marks a dead letter.

    A result's `features` are the pooled ones of the vision tower, [2D], float32.
    """
    clusters.connect()
    device = clusters.device()
    kwargs = {"checkpoint": str(checkpoint), "ask": ask, "router": router}
    data = encoded(shards, reader, AskingEncoder, kwargs, config.encoders, config.batch_size, config.limit)
    # A processor called as a whole puts a step of its own before and after the engine. Each waits for a
    # worker that imports torch anew; on two cores no answer came out before the last (ray.data 2.60).
    processor = build_processor(_engine(config, checkpoint, device, router))
    for stage in processor.stages.values():
        settings = stage.get_dataset_map_batches_kwargs(config.batch_size, processor.DATA_COLUMN)
        data = data.map_batches_internal(stage.fn, **settings)
    for row in data.iter_rows():
        yield _answered(row[processor.DATA_COLUMN], understand)


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
    context = ray.data.DataContext.get_current()
    context.enable_progress_bars = False
    context.print_on_execution_start = False
    context.target_max_block_size = BLOCK_BYTES
    # Rows of answers are small: Ray would hold them back until they fill a block of a megabyte, which in a
    # screening of some hundred micrographs is the end. No progress, and a crash would lose all of them.
    context.target_min_block_size = 1
    data = ray.data.from_items(
        [{"shard": shard.to_json()} for shard in shards], override_num_blocks=len(shards)
    )
    data = data.map_batches(reader, batch_size=1, num_cpus=READ_CPUS)
    if limit:
        data = data.limit(limit)
    return data.map_batches(
        encoder,
        fn_constructor_kwargs=constructor_kwargs,
        batch_size=batch_size,
        compute=ray.data.ActorPoolStrategy(size=encoders),
        **_encoder_resources(clusters.device()),
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


READ_CPUS = 0.5

SLOTS, KEPT = 8, 64
"""Experts and mixtures that may share a batch, and that stay in the engine's memory."""

ENGINE_BATCHES = 3
"""Batches in the engine at once: enough that it never runs dry, few enough that answers come out steadily."""


def _encoder_resources(device: str) -> dict[str, Any]:
    return {"num_gpus": 0.1, "num_cpus": 0.5} if device == "cuda" else {"num_cpus": 0.5}


def _engine(
    config: ScreenConfig, checkpoint: Path, device: str, router: Router | None
) -> vLLMEngineProcessorConfig:
    bundle = {"CPU": 0.5, "GPU": 0.9} if device == "cuda" else {"CPU": 0.5}
    return vLLMEngineProcessorConfig(
        model_source=str(checkpoint),
        engine_kwargs=engine_kwargs(device=device, experts=_slots(router)),
        runtime_env={"env_vars": engine_environment(config.encoders, device)},
        placement_group_config={"bundles": [bundle]},
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
