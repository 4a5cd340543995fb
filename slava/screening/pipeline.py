"""The screening on Ray Data: the only module of the library that knows Ray.

read (tasks) -> encode (actors: the vision tower) -> ray.data.llm (vLLM actors) -> rows for the driver.
A row that failed anywhere skips what is left (`__inference_error__` is Ray's own convention).
"""

import json
import logging
import os
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import ray
from ray.data.llm import Processor, build_processor, vLLMEngineProcessorConfig

from slava.archives import Shard
from slava.screening.asking import Ask, Understand
from slava.screening.config import ScreenConfig
from slava.screening.encoding import Encoder
from slava.screening.reading import Reader
from slava.screening.records import ERROR, Row, engine_failure
from slava.vllm.engine import engine_environment, engine_kwargs

BLOCK_BYTES = 8 << 20
"""Small blocks: a shard of a large archive streams on while it is still being read."""


def screened(
    config: ScreenConfig,
    checkpoint: Path,
    shards: Sequence[Shard],
    reader: Reader,
    ask: Ask,
    understand: Understand,
) -> Iterator[tuple[Row, bytes]]:
    """Each record with its thumbnail, as they come; `code` in a record marks a dead letter."""
    _connect()
    device = _device()
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
    if config.limit:
        data = data.limit(config.limit)
    data = data.map_batches(
        AskingEncoder,
        fn_constructor_kwargs={"checkpoint": str(checkpoint), "ask": ask},
        batch_size=config.batch_size,
        compute=ray.data.ActorPoolStrategy(size=config.encoders),
        **_encoder_resources(device),
    )
    # A processor called as a whole puts a step of its own before and after the engine. Each waits for a
    # worker that imports torch anew; on two cores no answer came out before the last (ray.data 2.60).
    processor = build_processor(_engine(config, checkpoint, device))
    for stage in processor.stages.values():
        settings = stage.get_dataset_map_batches_kwargs(config.batch_size, processor.DATA_COLUMN)
        data = data.map_batches_internal(stage.fn, **settings)
    for row in data.iter_rows():
        yield _answered(row[processor.DATA_COLUMN], understand)


class AskingEncoder(Encoder):
    """The vision tower, and the engine's request beside what it saw."""

    def __init__(self, checkpoint: str, ask: Ask) -> None:
        super().__init__(checkpoint)
        self.ask = ask

    def __call__(self, batch: dict[str, Any]) -> dict[str, Any]:
        """One column of rows, as the engine's stage takes them."""
        encoded = super().__call__(batch)
        rows = [dict(zip(encoded, values, strict=True)) for values in zip(*encoded.values(), strict=True)]
        return {Processor.DATA_COLUMN: [self.ask(row) | row for row in rows]}


READ_CPUS = 0.25

ENGINE_BATCHES = 3
"""Batches in the engine at once: enough that it never runs dry, few enough that answers come out steadily."""

LOOPBACK = "127.0.0.2"
"""Ray replaces 127.0.0.1 by the machine's outside address (ray#26293), this one it leaves alone."""


def _connect() -> None:
    """The cluster that `RAY_ADDRESS` names, as in a submitted job, or a Ray of our own on loopback."""
    quiet: dict[str, Any] = {"log_to_driver": False, "logging_level": logging.WARNING}
    if "RAY_ADDRESS" in os.environ:
        ray.init(**quiet)
    else:
        ray.init(address="local", _node_ip_address=LOOPBACK, include_dashboard=False, **quiet)
    logging.getLogger("ray.data").setLevel(logging.WARNING)


def _device() -> str:
    """What the cluster's workers compute on; its head may have no GPU."""
    return "cuda" if ray.cluster_resources().get("GPU") else "cpu"


def _encoder_resources(device: str) -> dict[str, Any]:
    return {"num_gpus": 0.1, "num_cpus": 0.5} if device == "cuda" else {"num_cpus": 0.5}


def _engine(config: ScreenConfig, checkpoint: Path, device: str) -> vLLMEngineProcessorConfig:
    bundle = {"CPU": 0.5, "GPU": 0.9} if device == "cuda" else {"CPU": 0.5}
    return vLLMEngineProcessorConfig(
        model_source=str(checkpoint),
        engine_kwargs=engine_kwargs(device=device),
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


def _answered(row: Row, understand: Understand) -> tuple[Row, bytes]:
    if not row[ERROR]:
        answer = understand(row)
        return json.loads(answer["record"]), answer["thumbnail"]
    record: Row = json.loads(row["record"])
    if "code" not in record:
        record = json.loads(engine_failure(record, row[ERROR])["record"])
    return record, b""
