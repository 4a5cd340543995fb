"""The Ray cluster at hand: one that is there, or one of our own on loopback."""

import logging
import os
from collections.abc import Iterator
from typing import Any

LOOPBACK = "127.0.0.2"
"""Ray replaces 127.0.0.1 by the machine's outside address (ray#26293), this one it leaves alone."""

NOWHERE = "http://127.0.0.1:9"
UNHEARD = {
    "RAY_USAGE_STATS_ENABLED": "0",
    # Of a Ray that was started by `ray start` it is reported that they are off.
    "RAY_USAGE_STATS_REPORT_URL": NOWHERE,
    # Even without a dashboard Ray asks the clouds' metadata services where it runs (ray/_common/usage, Ray
    # 2.60). `requests` takes a proxy for one address alone from a variable of such a name.
    "http://169.254.169.254_proxy": NOWHERE,
    "http://metadata.google.internal_proxy": NOWHERE,
}
"""The environment in which a Ray of our own starts, so that no packet leaves (tests/jobs/fence.py)."""


class WorkerError(Exception):
    """A worker could not start, or died again and again; the message says what to do."""


def named() -> bool:
    """Whether `RAY_ADDRESS` names a cluster, as it does in a submitted job."""
    return "RAY_ADDRESS" in os.environ


def connect() -> None:
    """To the cluster that `RAY_ADDRESS` names, as in a submitted job, or to a Ray of our own on loopback."""
    import ray

    if ray.is_initialized():
        return
    quiet: dict[str, Any] = {"log_to_driver": False, "logging_level": logging.WARNING}
    if named():
        ray.init(**quiet)
    else:
        os.environ |= UNHEARD
        ray.init(address="local", _node_ip_address=LOOPBACK, include_dashboard=False, **quiet)
    for name in ("ray.data", "ray.train"):
        logging.getLogger(name).setLevel(logging.WARNING)


BLOCK_BYTES = 1 << 20
"""Rows leave a stage of Ray Data when they fill a block, or with the last of what the stage was given: in
blocks of the usual 128 MB a screening of some hundred micrographs would show nothing before its end, a
crash would lose all of it, and the engine would wait for the last micrograph that the tower sees."""


def stream_blocks() -> None:
    """Have Ray Data hand rows on in small blocks, and say nothing of its own."""
    import ray.data

    context = ray.data.DataContext.get_current()
    context.enable_progress_bars = False
    context.print_on_execution_start = False
    context.target_max_block_size = BLOCK_BYTES


RETRIES = 3
"""Of a batch when its worker died. By Ray's default there is no end to it: an engine that cannot live, or a
micrograph that kills it, would be tried for ever."""


def batches(data: Any) -> Iterator[list[dict[str, Any]]]:
    """The rows of a Ray Data set, in the batches in which they come. Raises WorkerError."""
    import ray

    try:
        # None in advance: Ray would hold back a batch until the next one is there.
        for batch in data.iter_batches(batch_size=None, batch_format="pyarrow", prefetch_batches=0):
            yield batch.to_pylist()
    except ray.exceptions.RayActorError as error:
        raise WorkerError(
            f"a worker could not start, or died {RETRIES + 1} times over the same micrographs: "
            f"{str(error).strip().splitlines()[-1].strip()} What came before is kept, and the same command "
            "goes on from there; why it died is in the log of the worker, among those of Ray"
        ) from error


def device() -> str:
    """What the cluster's workers compute on; its head may have no GPU."""
    import ray

    return "cuda" if ray.cluster_resources().get("GPU") else "cpu"


def cores() -> int:
    """Of the whole cluster."""
    import ray

    return int(ray.cluster_resources()["CPU"])
