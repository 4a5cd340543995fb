import json

import pytest
import torch
from torch.testing import assert_close
from transformers import AutoModelForImageTextToText, AutoProcessor

from slava.model import modeling
from slava.model.checkpoints import ModelError, find_checkpoint
from slava.model.encoder import VisionEncoder
from slava.quantization import calibration
from slava.quantization.checkpoint import quantize
from slava.quantization.decoder import Weights

SCHEMES = ("w4a16", "w8a8")
LARGEST_ERROR = {"w4a16": 0.15, "w8a8": 0.02}
"""Of a weight matrix, relative to its norm."""


@pytest.fixture(scope="module", params=SCHEMES)
def made(request, checkpoint, tmp_path_factory):
    """The scheme, and the checkpoint quantized so."""
    target = tmp_path_factory.mktemp("quantized") / request.param
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(calibration, "SAMPLES", 20)
        quantize(checkpoint, target, request.param, report=lambda _: None)
    return request.param, target


def _loaded(directory):
    modeling.register()
    return AutoModelForImageTextToText.from_pretrained(directory, dtype=torch.float32).eval()


def _decompressed(directory):
    """transformers' own loading, and one pass, before which compressed-tensors unpacks the weights."""
    model = _loaded(directory)
    with torch.inference_mode():
        model(input_ids=torch.tensor([[5, 6, 7]]))
    return model


def test_transformers_reads_weights_close_to_the_originals(made, checkpoint):
    name, target = made
    before, after = _loaded(checkpoint).state_dict(), _decompressed(target).state_dict()
    changed = [key for key in before if not torch.equal(before[key].float(), after[key].float())]
    linears = [key for key in before if ".language_model.layers." in key and key.endswith("_proj.weight")]
    assert sorted(changed) == sorted(linears)
    assert len(linears) == 14
    for key in linears:
        error = (after[key].float() - before[key]).norm() / before[key].norm()
        assert 0 < error < LARGEST_ERROR[name], key


def test_every_weight_but_those_is_copied(made, checkpoint):
    _, target = made
    source, copy = Weights(checkpoint), Weights(target)
    for key in source.files:
        if not (".language_model.layers." in key and key.endswith("_proj.weight")):
            assert torch.equal(source[key], copy[key]), key


def test_the_index_names_every_tensor(made):
    _, target = made
    index = json.loads((target / "model.safetensors.index.json").read_text())
    assert index["weight_map"] == {key: path.name for key, path in Weights(target).files.items()}


def test_the_rest_of_the_system_takes_it(made, checkpoint, pictures):
    _, target = made
    assert find_checkpoint(str(target)) == target
    assert torch.equal(VisionEncoder(target)(pictures)[0], VisionEncoder(checkpoint)(pictures)[0])
    assert AutoProcessor.from_pretrained(target).chat_template


def test_twice_is_refused(made, tmp_path):
    with pytest.raises(ModelError, match="quantized already"):
        quantize(made[1], tmp_path / "again", "w8a8")


def test_widths_that_do_not_fit(tiny_checkpoint, tmp_path, few_samples):
    with pytest.raises(ModelError, match="w4a16 does not fit it: 96 inputs"):
        quantize(tiny_checkpoint, tmp_path / "never", "w4a16")


def test_the_same_again_is_the_same(made, checkpoint, tmp_path, few_samples):
    name, target = made
    quantize(checkpoint, tmp_path / "again", name, report=lambda _: None)
    first, second = Weights(target), Weights(tmp_path / "again")
    assert first.files.keys() == second.files.keys()
    assert_close({k: first[k] for k in first.files}, {k: second[k] for k in second.files}, atol=0, rtol=0)
