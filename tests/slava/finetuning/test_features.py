import json

import numpy as np
import torch

from slava.finetuning.features import FeatureStore, FeatureWriter


def _record(number):
    return {
        "uri": f"{number}.png",
        "member": None,
        "page": 0,
        "pages": 1,
        "image_id": f"{number:064x}",
        "context": None,
    }


def test_round_trip_over_two_runs(tmp_path):
    rng = np.random.default_rng(0)
    tokens, pooled = rng.random((600, 2, 3), np.float32), rng.random((600, 5), np.float32)
    for run in (range(300), range(300, 600)):
        with FeatureWriter(tmp_path, (2, 3)) as writer:
            for number in run:
                writer.add(_record(number), tokens[number].tobytes(), pooled[number].tobytes())
    store = FeatureStore(tmp_path)
    seen = store.seen()
    assert [one.uri for one in seen] == [f"{number}.png" for number in range(600)]
    places = [(seen[number].file, seen[number].row) for number in (599, 0, 256, 301)]
    assert np.array_equal(store.tokens(places).numpy(), tokens[[599, 0, 256, 301]])
    assert np.array_equal(store.pooled(places).numpy(), pooled[[599, 0, 256, 301]])


def test_what_was_computed_in_half_the_precision_takes_half_the_room(tmp_path):
    tokens = torch.rand(2, 2, 3).bfloat16().float()
    tokens[1, 0, 0] = 1 / 3
    pooled = np.zeros(5, np.float32).tobytes()
    for number in range(2):
        with FeatureWriter(tmp_path, (2, 3)) as writer:
            writer.add(_record(number), tokens[number].numpy().tobytes(), pooled)
    store = FeatureStore(tmp_path)
    assert [file.get_slice("tokens").get_dtype() for file in store.files.values()] == ["BF16", "F32"]
    assert torch.equal(store.tokens([(one.file, one.row) for one in store.seen()]), tokens)


def test_what_was_not_finished_is_no_file(tmp_path):
    writer = FeatureWriter(tmp_path, (2, 3))
    writer.add(_record(0), np.zeros((2, 3), np.float32).tobytes(), np.zeros(5, np.float32).tobytes())
    assert not list(tmp_path.iterdir())
    writer.flush()
    (file,) = tmp_path.iterdir()
    assert json.loads(FeatureStore(tmp_path).files[file.name].metadata()["rows"])[0]["uri"] == "0.png"
