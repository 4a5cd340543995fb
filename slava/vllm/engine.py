"""The engine's settings, for a laptop's cores and for a GPU."""

import os
from dataclasses import dataclass
from typing import Any

from slava.model import hardware
from slava.model.linear_layers import LINEAR_LAYERS

LORA_RANKS = (8, 16, 32, 64, 128, 256, 320, 512)
"""The ranks that vLLM makes room for."""


@dataclass(frozen=True)
class ExpertSlots:
    """Room for experts, and pairs of them, in the engine."""

    count: int
    """Adapters that may share a batch; requests for one more wait."""
    rank: int
    """Rank of the largest; a pair has the sum of its experts' ranks."""
    kept: int
    """Adapters kept in memory, at least `count`; others are read from the disk when asked for."""


def engine_kwargs(
    max_model_len: int = 2048, device: str | None = None, experts: ExpertSlots | None = None
) -> dict[str, Any]:
    """Arguments of vLLM's engine for a screening: image embeddings in, one short answer out.

    `device` is "cuda" or "cpu", that of this machine by default: a cluster's head may have no GPU
    where its workers do.
    """
    on_gpu = (device or hardware.device()) == "cuda"
    return {
        "dtype": "bfloat16" if on_gpu else str(hardware.dtype()).removeprefix("torch."),
        "max_model_len": max_model_len,
        # With no pictures allowed and embeddings on, the tower is not even built in the engine.
        "limit_mm_per_prompt": {"image": 0},
        "enable_mm_embeds": True,
        "enable_prefix_caching": True,
        # The CPU's attention kernel wants blocks of 32 for prefix caching.
        **({} if on_gpu else {"block_size": 32, "enforce_eager": True, "max_num_seqs": 64}),
        "distributed_executor_backend": "uni",
        # Over the allowed tokens only, so that they are the probabilities of the choice.
        "logprobs_mode": "processed_logprobs",
        "disable_log_stats": False,
        **(_lora_kwargs(experts) if experts else {}),
    }


def _lora_kwargs(experts: ExpertSlots) -> dict[str, Any]:
    return {
        "enable_lora": True,
        "max_loras": experts.count,
        "max_cpu_loras": experts.kept,
        "max_lora_rank": next(rank for rank in LORA_RANKS if rank >= experts.rank),
        # Left open, vLLM multiplies by an adapter of the vocabulary too, for every token, though it is zero.
        # Not its embeddings, which vLLM would wrap too.
        "lora_target_modules": list(LINEAR_LAYERS),
    }


def engine_environment(reserved_cores: int = 1, device: str | None = None) -> dict[str, str]:
    """Environment of the engine's processes; on CPU it leaves `reserved_cores` of each node to others.

    The vision tower runs on those. Two thread pools on the same cores wait for each other at every
    barrier: seen here as a fourth of the speed.
    """
    environment = {
        "HF_HUB_OFFLINE": "1",
        "VLLM_NO_USAGE_STATS": "1",
        "DO_NOT_TRACK": "1",
        "VLLM_LOGGING_LEVEL": "WARNING",
        "TOKENIZERS_PARALLELISM": "false",
    }
    if (device or hardware.device()) == "cpu":
        cores = sorted(os.sched_getaffinity(0))
        environment |= {
            "VLLM_CPU_OMP_THREADS_BIND": ",".join(map(str, cores[min(reserved_cores, len(cores) - 1) :])),
            "VLLM_CPU_NUM_OF_RESERVED_CPU": "0",
            "VLLM_CPU_KVCACHE_SPACE": "1",
            "OMP_WAIT_POLICY": "PASSIVE",
            # vLLM compiles a line of its sampler, whatever enforce_eager says: seconds of the first request,
            # and where there is no C++ compiler the engine dies of it.
            "TORCH_COMPILE_DISABLE": "1",
            # Keeps the worker in the engine core's process: one import of torch and vLLM less.
            "VLLM_ENABLE_V1_MULTIPROCESSING": "0",
        }
    return environment
