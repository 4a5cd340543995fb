import json
import shutil

import pytest

from slava.quantization.cache import quantized
from slava.quantization.decoder import Weights


@pytest.fixture
def cache(tmp_path, monkeypatch, few_samples):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    return tmp_path / "cache" / "slava"


def test_made_once(checkpoint, cache, capsys):
    first = quantized(checkpoint, "w8a8")
    assert "quantizing" in capsys.readouterr().err
    stamp = first.stat().st_mtime_ns
    assert quantized(checkpoint, "w8a8") == first
    assert first.stat().st_mtime_ns == stamp
    assert capsys.readouterr().err == ""
    assert [path.name for path in cache.iterdir()] == [first.name]
    assert "model.language_model.layers.0.mlp.up_proj.weight_scale" in Weights(first).files


def test_another_checkpoint_or_scheme_is_another_twin(checkpoint, cache, tmp_path):
    other = tmp_path / "other"
    shutil.copytree(checkpoint, other)
    config = json.loads((other / "config.json").read_text())
    (other / "config.json").write_text(json.dumps(config | {"label_temperature": 2.0}))
    twins = {quantized(checkpoint, "w8a8"), quantized(other, "w8a8"), quantized(checkpoint, "w4a16")}
    assert len(twins) == 3
    assert {path.name for path in twins} == {path.name for path in cache.iterdir()}
