"""The engine's executor on a CPU; both fail when serve/cpu_engine.py has become needless, or useless."""

from pathlib import Path

import psutil
import pytest
from ray.serve.llm import LLMConfig

from serve.deployed import MARK, Deployed


def test_ray_still_sets_the_executor_itself(tiny_checkpoint: Path) -> None:
    config = LLMConfig(
        model_loading_config={"model_id": "slava", "model_source": str(tiny_checkpoint)},
        engine_kwargs={"distributed_executor_backend": "uni"},
        accelerator_config={"kind": "cpu"},
    )
    told = config.get_engine_config().get_initialization_kwargs()
    assert told["distributed_executor_backend"] == "mp"


@pytest.mark.slow
def test_the_worker_has_no_process_of_its_own(running: Deployed) -> None:
    names = [
        " ".join(process.info["cmdline"] or [])
        for process in psutil.process_iter(["cmdline", "environ"])
        if (process.info["environ"] or {}).get(MARK) == str(running.port)
    ]
    assert any("VLLM::EngineCore" in name for name in names)
    assert not any("VLLM::Worker" in name for name in names)
