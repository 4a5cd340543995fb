import pytest
import torch
from safetensors.torch import load_file, save_file

from slava.mope.adapters import WEIGHTS, check_adapter, expert_of, load_adapter, save_adapter
from slava.mope.manifest import ExpertError
from tests.slava.mope.conftest import RANK, SCALE


@pytest.fixture
def saved(adapted, tmp_path):
    model, _, layers = adapted
    save_adapter(expert_of(layers, "films", RANK), tmp_path / "films", SCALE, "tiny")
    return tmp_path / "films", model.config.text_config


def test_foreign_keys(saved):
    directory, _ = saved
    tensors = load_file(directory / WEIGHTS)
    save_file(
        {key.replace("language_model", "model"): value for key, value in tensors.items()}, directory / WEIGHTS
    )
    with pytest.raises(ExpertError, match="not an adapter of a sLAVA language model"):
        load_adapter(directory)


def test_cut_short(saved):
    directory, _ = saved
    data = (directory / WEIGHTS).read_bytes()
    (directory / WEIGHTS).write_bytes(data[: len(data) // 2])
    with pytest.raises(ExpertError, match="cannot be read"):
        load_adapter(directory)


def test_a_missing_layer(saved):
    directory, text_config = saved
    adapter = load_adapter(directory)
    del adapter["layers.0.mlp.up_proj"]
    with pytest.raises(ExpertError, match=r"1 of \d+ layers differ, layers.0.mlp.up_proj"):
        check_adapter(adapter, text_config, directory)


def test_an_adapter_that_does_nothing(saved):
    directory, text_config = saved
    adapter = {key: (a, torch.zeros_like(b)) for key, (a, b) in load_adapter(directory).items()}
    with pytest.raises(ExpertError, match="its output is the base's"):
        check_adapter(adapter, text_config, directory)


def test_not_finite(saved):
    directory, text_config = saved
    adapter = load_adapter(directory)
    adapter["layers.0.mlp.up_proj"][0][0, 0] = torch.nan
    with pytest.raises(ExpertError, match="not finite"):
        check_adapter(adapter, text_config, directory)
