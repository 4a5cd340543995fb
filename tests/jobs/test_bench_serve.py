"""The load test's requests, and what it makes of its figures; the load itself: tests/slava/test_load.py."""

import base64
import importlib
import io
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from PIL import Image

from serve.wire import ChatRequest, ClassifyRequest
from slava import tasks

JOBS = Path(__file__).resolve().parents[2] / "jobs"


@pytest.fixture(scope="module")
def bench() -> Iterator[ModuleType]:
    """The job, as Python finds it and its parts when it runs."""
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(str(JOBS))
        yield importlib.import_module("bench_serve")


def _picture(uri: str) -> Image.Image:
    return Image.open(io.BytesIO(base64.b64decode(uri.partition(",")[2])))


def test_no_two_micrographs_are_alike_and_both_servers_get_the_same(bench: ModuleType) -> None:
    uris = list(islice(bench.views(0), 40))
    assert len(set(uris)) == 40
    assert {_picture(uri).size for uri in uris} == {(512, 384)}
    assert uris == list(islice(bench.views(0), 40))
    assert uris[0] != next(bench.views(1))


def test_the_endpoint_understands_the_requests(bench: ModuleType) -> None:
    uri = next(bench.views(0))
    asked = ClassifyRequest.model_validate_json(bench.classify(uri).body)
    assert (asked.model, asked.images, asked.labels) == ("slava", [uri], list(tasks.NFFA_LABELS))
    described = ChatRequest.model_validate_json(bench.chat(5)(uri).body)
    assert (described.max_tokens, described.temperature) == (5, 0)
    [message] = described.messages
    assert [part.type for part in message.parts()] == ["text", "image_url"]
    assert ChatRequest.model_validate_json(bench.word(1).body).max_tokens == 1


def _figures(rate: float, p50: float, overhead: float, goodputs: tuple[float, ...] = ()) -> dict[str, Any]:
    rows = [{"clients": 8, "per_second": rate, "p50_s": p50}]
    loads = [{"goodput_per_second": goodput} for goodput in goodputs]
    alone = {"overhead_p50_ms": overhead}
    return {"closed_loop": {"classify": rows}, "open_loop": loads, "alone": alone}


def test_ratios_are_of_the_endpoint_to_vllm_and_of_twice_the_capacity_to_it(bench: ModuleType) -> None:
    found = bench.ratios(_figures(6, 1.5, 12.0, goodputs=(3, 5, 4.5)), _figures(8, 1, 9.5))
    assert found == {
        "goodput_at_twice_the_capacity_to_capacity": 0.9,
        "overhead_p50_ms": 12.0,
        "routing_p50_ms": 2.5,
        "per_second_to_vllm": {"classify": {8: 0.75}},
        "p50_s_to_vllm": {"classify": {8: 1.5}},
    }


def test_the_engines_own_time_ends_with_the_last_token(bench: ModuleType) -> None:
    told = {"queue_time_ms": 1.0, "time_to_first_token_ms": 20.0, "generation_time_ms": 5.0}
    assert bench.engine_ms(told | {"mean_itl_ms": None}) == 26
