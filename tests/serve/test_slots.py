"""Places for requests: never more than there are, and each comes back."""

import pytest

from serve.errors import ApiError
from serve.slots import Slots


def test_a_request_without_a_place_is_sent_away_with_a_time_to_come_back() -> None:
    slots = Slots(2)
    with slots.one(), slots.one():
        with pytest.raises(ApiError) as refused, slots.one():
            pass
        assert refused.value.status == 503
        assert int(refused.value.response().headers["retry-after"]) >= 1
    assert slots.taken == 0


def test_a_place_comes_back_however_its_request_ends() -> None:
    slots = Slots(1)
    with pytest.raises(RuntimeError), slots.one():
        raise RuntimeError
    with slots.one():
        assert slots.taken == 1
