import re
from typing import get_args

import pytest
from compressed_tensors.quantization import QuantizationConfig

from slava.quantization import Scheme
from slava.quantization.schemes import TARGETS, group_size, levels, quantization_config, scheme

SCHEMES = get_args(Scheme)


@pytest.mark.parametrize(
    "name",
    [
        "model.language_model.layers.0.self_attn.q_proj",
        "model.language_model.layers.29.mlp.down_proj",
        "language_model.model.layers.3.self_attn.qkv_proj",
        "language_model.model.layers.3.mlp.gate_up_proj",
    ],
)
def test_linear_layers_of_the_decoder_are_meant(name):
    assert re.match(TARGETS[0].removeprefix("re:"), name)


@pytest.mark.parametrize(
    "name",
    [
        "lm_head",
        "language_model.lm_head",
        "model.language_model.embed_tokens",
        "model.language_model.layers.0.input_layernorm",
        "model.vision_tower.encoder.layers.0.self_attn.q_proj",
        "model.multi_modal_projector.linear_1",
        "matching_head",
    ],
)
def test_nothing_else_is_meant(name):
    assert not re.match(TARGETS[0].removeprefix("re:"), name)


@pytest.mark.parametrize("name", SCHEMES)
def test_the_library_reads_the_configuration(name):
    config = QuantizationConfig.model_validate(quantization_config(name))
    assert config.config_groups["group_0"] == scheme(name)
    assert config.quantization_status == "compressed"


def test_pairs_of_int8_products_fit_16_bits():
    """What CPUs without VNNI need: an activation is at most 255 there, as oneDNN shifts it."""
    least, greatest = levels(scheme("w8a8").weights)
    assert 2 * 255 * max(-least, greatest) < 2**15


def test_widths_that_do_not_divide():
    assert group_size(scheme("w8a8").weights, 96) == 96
    with pytest.raises(ValueError, match=r"96 inputs .* groups of 64"):
        group_size(scheme("w4a16").weights, 96)
