"""Reader and tower on a real Ray, with ones that wait for what the test wants to see."""

import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import ray

from slava import clusters
from slava.archives import Shard, ShardKind
from slava.screening.pipeline import encoded
from slava.screening.records import columns, good

pytestmark = pytest.mark.slow

SHARDS = [Shard(ShardKind.FILES, f"file:///{name}/") for name in "abcdefgh"]
"""More than one encoder is given in advance while another starts."""


@pytest.fixture(scope="module", autouse=True)
def _local_ray() -> Iterator[None]:
    clusters.connect()
    yield
    ray.shutdown()


def _rows(count):
    return columns(good({}, b"", bytes(150_000)) for _ in range(count))


def _wait(until: Callable[[], bool], what: str) -> None:
    for _ in range(600):
        if until():
            return
        time.sleep(0.1)
    raise TimeoutError(what)


def _here(function):
    """For classes of this module, which workers cannot import."""
    ray.cloudpickle.register_pickle_by_value(__import__(function.__module__, fromlist=["_"]))
    return function


def test_rows_leave_while_their_shard_is_still_read(tmp_path: Path) -> None:
    seen = tmp_path / "seen"
    wait = _here(_wait)

    class Reader:
        def __call__(self, batch):
            yield _rows(16)
            wait(seen.exists, "no row came out before the last was read")
            yield _rows(4)

    class Tower:
        def __call__(self, batch):
            return batch

    data = encoded(SHARDS[:1], Reader(), Tower, {}, encoders=1, batch_size=8)
    batches = clusters.batches(data)
    first = len(next(batches))
    seen.touch()
    assert first + sum(len(batch) for batch in batches) == 20


def test_several_encoders_share_a_few_shards(tmp_path: Path) -> None:
    wait = _here(_wait)

    class Reader:
        def __call__(self, batch):
            return _rows(8)

    class Tower:
        def __call__(self, batch):
            (tmp_path / ray.get_runtime_context().get_actor_id()).touch()
            wait(lambda: len(list(tmp_path.iterdir())) == 2, "the other encoder was given nothing")
            return batch

    assert encoded(SHARDS, Reader(), Tower, {}, encoders=2, batch_size=8).count() == 8 * len(SHARDS)
