"""vLLM's engine on a CPU, with its worker in the engine's own process.

`ray.serve.llm` sets the executor itself, and on a CPU it takes the one with a process for each worker
(ray/llm/_internal/serve/engines/vllm/vllm_models.py, Ray 2.60): for one worker that is one more import of
torch and vLLM at the start, and one more process that polls, beside the one that computes.
"""

from typing import Any

from ray.llm._internal.serve.engines.vllm.vllm_engine import VLLMEngine


class CPUEngine(VLLMEngine):  # type: ignore[misc]
    """`ray.serve.llm`'s engine but for the executor. It can go when engine_kwargs may name that on a CPU."""

    def _prepare_engine_config(self, callback_ctx: Any) -> Any:
        arguments, frontend, engine = super()._prepare_engine_config(callback_ctx)
        engine.parallel_config.distributed_executor_backend = "uni"
        return arguments, frontend, engine
