"""The endpoint as a Ray Serve application.

serve run serve.app:app                                   # nano, on this machine
serve run serve.app:app model=CHECKPOINT experts=DIR keys=keys.txt
serve deploy serve/config.yaml                            # on a cluster
"""

import os

from ray import serve
from ray.serve import Application
from ray.serve.schema import LoggingConfig
from transformers import AutoConfig

from serve.config import ServeConfig
from serve.engine import ExpertServer, llm_config
from serve.experts import ServedExperts
from serve.ingress import Ingress
from serve.vision import Vision
from slava import clusters
from slava.cli import UsageError
from slava.model import configuration
from slava.model.checkpoints import find_checkpoint
from slava.mope.expert_set import experts_directory
from slava.vllm.engine import ExpertSlots

SLOTS, KEPT = 8, 64
"""Experts and mixtures that may share a batch, and that stay in the engine's memory."""
LOGS = LoggingConfig(encoding="JSON", enable_access_log=False)


def app(config: ServeConfig) -> Application:
    """Ingress, tower with gate, and engines.

    Raises UsageError, ModelError and ExpertError before anything starts.
    """
    _check_reach(config)
    clusters.connect()
    device = clusters.device()
    slots = _slots(config)
    towers = {"min_replicas": 1, "max_replicas": config.max_towers, "target_ongoing_requests": 16}
    vision = serve.deployment(Vision).options(
        autoscaling_config=towers,
        max_ongoing_requests=4 * config.max_in_flight,
        ray_actor_options={"num_cpus": 0.5, "num_gpus": 0.1 if device == "cuda" else 0},
        graceful_shutdown_timeout_s=config.timeout_s,
        logging_config=LOGS,
    )
    settings = llm_config(config, device, slots)
    engine = serve.deployment(ExpertServer).options(
        **ExpertServer.get_deployment_options(settings), name="Engine", logging_config=LOGS
    )
    ingress = serve.deployment(Ingress).options(
        num_replicas=config.ingress_replicas,
        # Not Serve's queue is bounded but ours: Serve's own refusal is not in OpenAI's shape.
        max_ongoing_requests=100 * config.max_in_flight,
        ray_actor_options={"num_cpus": 0.25},
        graceful_shutdown_timeout_s=config.timeout_s,
        logging_config=LOGS,
    )
    rank = slots.rank if slots else 0
    return ingress.bind(config, vision.bind(config, rank), engine.bind(settings, config))


def _check_reach(config: ServeConfig) -> None:
    """HAProxy does not tell where a request came from: all clients seem to be this machine itself."""
    if os.environ.get("RAY_SERVE_ENABLE_HA_PROXY") == "1" and not (config.keys or config.open):
        raise UsageError(
            "Behind HAProxy (RAY_SERVE_ENABLE_HA_PROXY=1) clients cannot be told from this machine: "
            "give keys=FILE (python -m serve.keys add FILE NAME), or open=true to answer anybody"
        )


def _slots(config: ServeConfig) -> ExpertSlots | None:
    """Room for the largest mixture that the set has now."""
    checkpoint = find_checkpoint(config.model)
    directory = experts_directory(config.experts, checkpoint)
    if directory is None:
        return None
    configuration.register()
    text_config = AutoConfig.from_pretrained(checkpoint).text_config
    experts = ServedExperts.of(directory, checkpoint, text_config, max_rank=1 << 16)
    return ExpertSlots(count=SLOTS, rank=experts.current.max_rank, kept=KEPT)
