import json

import numpy as np
import pytest

from slava.failures import Code, InputFailure, Stage
from slava.screening import records
from slava.screening.encoding import Encoder


@pytest.fixture(scope="module")
def encoder(tiny_checkpoint):
    return Encoder(str(tiny_checkpoint))


def _good(pixels):
    return records.good({"uri": "a", "timings": {"read_s": 1.0}}, b"jpeg", pixels.tobytes())


def _bad():
    return records.failed("b", None, InputFailure(Stage.READ, Code.EMPTY, "no bytes"))


def _batch(*rows):
    """As Ray hands it over: arrays of objects."""
    return {name: np.array(column, dtype=object) for name, column in records.columns(rows).items()}


@pytest.fixture
def squares():
    return np.random.default_rng(0).integers(0, 255, (2, 224, 224, 3), np.uint8)


def test_pixels_become_image_tokens(encoder, squares):
    batch = encoder(_batch(_good(squares[0]), _bad(), _good(squares[1])))
    tokens, pooled = encoder.vision(list(squares))
    assert list(batch) == ["record", "thumbnail", "payload", records.ERROR, "pooled"]
    assert batch["payload"][0] == tokens[0].numpy().tobytes()
    assert batch["payload"][2] == tokens[1].numpy().tobytes()
    assert list(batch["pooled"]) == [pooled[0].numpy().tobytes(), b"", pooled[1].numpy().tobytes()]
    config = encoder.vision.config
    assert len(batch["payload"][0]) == 4 * config.image_tokens * config.text_config.hidden_size


def test_failed_rows_pass_through(encoder, squares):
    bad = _bad()
    batch = encoder(_batch(bad, _good(squares[0])))
    assert {name: column[0] for name, column in batch.items()} == bad | {"pooled": b""}
    only = encoder(_batch(bad, bad))
    assert [only[name][1] for name in bad] == list(bad.values())


def test_the_time_is_noted(encoder, squares):
    batch = encoder(_batch(_good(squares[0]), _good(squares[1])))
    timings = [json.loads(record)["timings"] for record in batch["record"]]
    assert timings[0] == timings[1]
    assert timings[0]["read_s"] == 1.0
    assert timings[0]["encode_s"] > 0
