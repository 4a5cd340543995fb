import os

import pytest

from slava import tasks
from slava.model import hardware
from slava.vllm.engine import ExpertSlots, engine_environment, engine_kwargs


def test_the_engine_takes_embeddings_only():
    kwargs = engine_kwargs(max_model_len=777)
    assert kwargs["max_model_len"] == 777
    assert kwargs["limit_mm_per_prompt"] == {"image": 0}
    assert kwargs["enable_mm_embeds"]


def test_computes_in_what_is_fast_here():
    assert engine_kwargs()["dtype"] == str(hardware.dtype()).removeprefix("torch.")


def test_reports_a_probability_for_every_label():
    from vllm.sampling_params import MAX_LOGPROB_TOKEN_IDS

    assert MAX_LOGPROB_TOKEN_IDS >= 2 * tasks.MAX_LABELS
    assert engine_kwargs()["logprobs_mode"] == "processed_logprobs"


def test_calls_nobody():
    environment = engine_environment()
    assert environment["VLLM_NO_USAGE_STATS"] == environment["HF_HUB_OFFLINE"] == "1"


@pytest.mark.parametrize(("reserved", "bound"), [(0, "4,7,9"), (1, "7,9"), (2, "9"), (8, "9")])
def test_binds_the_cores_that_are_not_kept_back(monkeypatch, reserved, bound):
    monkeypatch.setattr(hardware, "device", lambda: "cpu")
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: {9, 4, 7})
    assert engine_environment(reserved)["VLLM_CPU_OMP_THREADS_BIND"] == bound


def test_a_gpu_binds_no_cores(monkeypatch):
    monkeypatch.setattr(hardware, "device", lambda: "cuda")
    assert not any(name.startswith("VLLM_CPU") for name in engine_environment())
    assert "block_size" not in engine_kwargs()


def test_makes_room_for_experts_when_asked():
    kwargs = engine_kwargs(experts=ExpertSlots(count=4, rank=12, kept=10))
    assert (kwargs["max_loras"], kwargs["max_lora_rank"], kwargs["max_cpu_loras"]) == (4, 16, 10)
    assert "enable_lora" not in engine_kwargs()
