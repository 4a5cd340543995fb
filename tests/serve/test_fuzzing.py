"""Whatever is sent, the endpoint answers: no 500, no crash, every error in OpenAI's shape."""

import base64

import httpx
import pytest
import schemathesis
from hypothesis import HealthCheck, settings
from schemathesis.checks import not_a_server_error

from slava.synth.broken_files import made

pytestmark = pytest.mark.slow
ROUTES = {"/v1/classify": "images", "/v1/similar": "image", "/v1/micrographs": "image"}


@pytest.fixture(scope="module")
def api(endpoint: str) -> schemathesis.BaseSchema:
    """Its own OpenAPI document."""
    return schemathesis.openapi.from_url(f"{endpoint}/openapi.json").exclude(path="/metrics")


schema = schemathesis.pytest.from_fixture("api")


@schema.parametrize()
@settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))
def test_no_request_brings_it_down(case: schemathesis.Case) -> None:
    answer = case.call(timeout=120)
    case.validate_response(answer, checks=[not_a_server_error])
    if answer.status_code >= 400:
        assert answer.json()["error"].keys() == {"message", "type", "param", "code"}


def test_no_file_brings_it_down(endpoint: str) -> None:
    for data in [*(data for _, data in made(12)), b"", b"\x00" * 1000]:
        uri = f"data:image/tiff;base64,{base64.b64encode(data).decode()}"
        for route, field in ROUTES.items():
            body = {field: [uri] if field == "images" else uri}
            answer = httpx.post(endpoint + route, json=body, timeout=120)
            assert answer.status_code in (200, 400, 404), (route, answer.text)
