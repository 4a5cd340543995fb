"""Whatever is sent, the endpoint answers: no 500, no crash, every error in OpenAI's shape."""

import base64

import httpx
import pytest
import schemathesis
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from schemathesis import GenerationMode
from schemathesis.checks import not_a_server_error

from slava.synth.broken_files import made

pytestmark = pytest.mark.slow
ROUTES = {"/v1/classify": "images", "/v1/similar": "image", "/v1/micrographs": "image"}


def test_no_request_brings_it_down(endpoint: str, authorization: dict[str, str]) -> None:
    """Bodies that its own OpenAPI document allows, and others."""
    # Not by schemathesis's pytest plugin, which pytest 9 breaks (4.32: Function has no attribute _nodeid).
    schema = schemathesis.openapi.from_url(f"{endpoint}/openapi.json").exclude(path="/metrics")
    operations = [result.ok() for result in schema.get_all_operations()]
    assert {"/v1/chat/completions", *ROUTES} <= {operation.path for operation in operations}
    for operation in operations:
        _fuzz(operation.as_strategy(generation_mode=GenerationMode.POSITIVE), authorization)
        if operation.body:
            _fuzz(operation.as_strategy(generation_mode=GenerationMode.NEGATIVE), authorization)


def _fuzz(cases: st.SearchStrategy[schemathesis.Case], authorization: dict[str, str]) -> None:
    @given(cases)
    @settings(max_examples=15, deadline=None, suppress_health_check=list(HealthCheck))
    def ask(case: schemathesis.Case) -> None:
        answer = case.call(timeout=120, headers=authorization)
        case.validate_response(answer, checks=[not_a_server_error])
        if answer.status_code >= 400:
            assert answer.json()["error"].keys() == {"message", "type", "param", "code"}

    ask()


def test_no_file_brings_it_down(endpoint: str, authorization: dict[str, str]) -> None:
    for data in [*(data for _, data in made(12)), b"", b"\x00" * 1000]:
        uri = f"data:image/tiff;base64,{base64.b64encode(data).decode()}"
        for route, field in ROUTES.items():
            body = {field: [uri] if field == "images" else uri}
            answer = httpx.post(endpoint + route, json=body, headers=authorization, timeout=120)
            assert answer.status_code in (200, 400, 404), (route, answer.text)
