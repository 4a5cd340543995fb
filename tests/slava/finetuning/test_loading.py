"""The frozen base, on whatever processor."""

import pytest
import torch
from bitsandbytes.functional import has_avx512bf16
from bitsandbytes.nn import Linear4bit, Params4bit

from slava.finetuning.loading import load_base


def _layers(model):
    return [module for module in model.modules() if isinstance(module, Linear4bit)]


@torch.inference_mode()
def test_a_pass_leaves_the_weights_as_they_are(tiny_checkpoint):
    """Its MLP is 96 wide, no multiple of 64."""
    model = load_base(tiny_checkpoint, "nf4")
    before = [layer.weight.data.clone() for layer in _layers(model)]
    told = model.model.language_model(inputs_embeds=torch.randn(1, 5, 64, dtype=model.dtype))
    assert told.last_hidden_state.isfinite().all()
    assert before
    for layer, weight in zip(_layers(model), before, strict=True):
        assert torch.equal(layer.weight.data, weight)


@pytest.mark.skipif(not has_avx512bf16(), reason="this processor has no AVX512-BF16")
def test_bitsandbytes_still_packs_weights_in_place():
    """When this fails, slava/finetuning/loading.py can let it be."""
    layer = Linear4bit(64, 64, bias=False, quant_type="nf4", compute_dtype=torch.bfloat16)
    layer.weight = Params4bit(torch.randn(64, 64), requires_grad=False, quant_type="nf4")
    layer = layer.to("cpu").eval()
    before = layer.weight.data.clone()
    layer(torch.randn(1, 64, dtype=torch.bfloat16))
    assert layer.weight.data.shape != before.shape or not torch.equal(layer.weight.data, before)
