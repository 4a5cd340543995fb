"""The Ray cluster at hand: one that is there, or one of our own on loopback."""

import logging
import os
from typing import Any

LOOPBACK = "127.0.0.2"
"""Ray replaces 127.0.0.1 by the machine's outside address (ray#26293), this one it leaves alone."""


def connect() -> None:
    """To the cluster that `RAY_ADDRESS` names, as in a submitted job, or to a Ray of our own on loopback."""
    import ray

    if ray.is_initialized():
        return
    quiet: dict[str, Any] = {"log_to_driver": False, "logging_level": logging.WARNING}
    if "RAY_ADDRESS" in os.environ:
        ray.init(**quiet)
    else:
        ray.init(address="local", _node_ip_address=LOOPBACK, include_dashboard=False, **quiet)
    for name in ("ray.data", "ray.train"):
        logging.getLogger(name).setLevel(logging.WARNING)


def device() -> str:
    """What the cluster's workers compute on; its head may have no GPU."""
    import ray

    return "cuda" if ray.cluster_resources().get("GPU") else "cpu"


def cores() -> int:
    """Of the whole cluster."""
    import ray

    return int(ray.cluster_resources()["CPU"])
