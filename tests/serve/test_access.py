"""Who is answered: keys, this machine, foreign pages, and how often."""

from pathlib import Path

import pytest
from starlette.requests import HTTPConnection

from serve.access import Access, Rate
from serve.config import ServeConfig
from serve.errors import ApiError
from serve.keys import hash_of, write_keys


def _request(client: str = "127.0.0.1", **headers: str) -> HTTPConnection:
    told = {"host": "localhost:8000", **{name.replace("_", "-"): value for name, value in headers.items()}}
    raw = [(name.encode(), value.encode()) for name, value in told.items()]
    return HTTPConnection({"type": "http", "client": (client, 1), "headers": raw})


def _status(access: Access, request: HTTPConnection) -> int:
    with pytest.raises(ApiError) as refused:
        access.check(request)
    return refused.value.status


@pytest.fixture
def keyed(tmp_path: Path) -> Access:
    path = tmp_path / "keys.txt"
    write_keys(path, {"line-3": hash_of("slava-secret")})
    return Access(ServeConfig(keys=path))


def test_a_key_opens_from_anywhere(keyed: Access) -> None:
    assert keyed.check(_request("10.1.2.3", authorization="Bearer slava-secret")) == "line-3"
    assert keyed.check(_request(authorization="bearer  slava-secret")) == "line-3"


@pytest.mark.parametrize("given", ["", "Bearer", "Bearer wrong", "Basic slava-secret", "slava-secret"])
def test_without_a_key_no_answer_not_even_on_this_machine(keyed: Access, given: str) -> None:
    assert _status(keyed, _request(authorization=given)) == 401


def test_without_keys_this_machine_is_answered_and_no_other() -> None:
    access = Access(ServeConfig())
    assert access.check(_request())
    assert access.check(_request("::1", host="[::1]:8000"))
    assert _status(access, _request("10.1.2.3")) == 401
    assert _status(access, _request(x_forwarded_for="10.1.2.3")) == 401


def test_a_name_that_was_pointed_at_this_machine_is_not_this_machine() -> None:
    assert _status(Access(ServeConfig()), _request(host="evil.example:8000")) == 401


def test_an_open_endpoint_answers_anybody() -> None:
    assert Access(ServeConfig(open=True)).check(_request("10.1.2.3", host="slava.fab.example"))


def test_a_foreign_page_may_not_ask_unless_it_was_named() -> None:
    access = Access(ServeConfig(origins=("https://portal.fab.example",)))
    assert access.check(_request(origin="http://localhost:8000"))
    assert access.check(_request(origin="https://portal.fab.example"))
    assert _status(access, _request(origin="https://evil.example")) == 403
    assert _status(access, _request(origin="null")) == 403


def test_too_many_requests_are_told_when_to_come_back() -> None:
    rate = Rate(60)
    for _ in range(10):
        rate.take("line-3")
    with pytest.raises(ApiError) as refused:
        rate.take("line-3")
    assert refused.value.status == 429
    assert 0 < (refused.value.retry_after_s or 0) <= 1
    rate.take("line-4")
