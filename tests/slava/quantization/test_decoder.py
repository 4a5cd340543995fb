import torch
from torch.testing import assert_close
from transformers import AutoConfig, AutoModelForImageTextToText

from slava.model import modeling
from slava.quantization.decoder import Decoder, Hessians, Weights, linear_layers


def test_layer_by_layer_is_the_whole_model(tiny_checkpoint):
    modeling.register()
    model = AutoModelForImageTextToText.from_pretrained(tiny_checkpoint, dtype=torch.float32).eval()
    generator = torch.Generator().manual_seed(0)
    image_tokens = torch.randn(16, 64, generator=generator)
    ids = [5, 6, *[model.config.image_token_index] * 16, 7, 8, 9]
    decoder = Decoder(Weights(tiny_checkpoint), model.config, "cpu")
    states = decoder.embed([(ids, image_tokens)])
    for index in range(2):
        states = decoder.run(decoder.layer(index), states)
    with torch.inference_mode():
        embeds = model.model.merge_inputs(torch.tensor([ids]), image_tokens[None])
        expected = model.model.language_model(inputs_embeds=embeds).last_hidden_state[0]
        assert_close(model.model.language_model.norm(states[0]), expected, atol=1e-4, rtol=1e-4)


def test_hessians_sum_over_every_input(tiny_checkpoint):
    modeling.register()
    decoder = Decoder(Weights(tiny_checkpoint), AutoConfig.from_pretrained(tiny_checkpoint), "cpu")
    layer = decoder.layer(0)
    states = [torch.randn(length, 64) for length in (3, 7)]
    with Hessians(linear_layers(layer)) as hessians:
        decoder.run(layer, states)
    normed = torch.cat([layer.input_layernorm(state) for state in states])
    assert_close(hessians["self_attn.q_proj"], normed.T @ normed, atol=1e-3, rtol=1e-4)
    before = hessians["self_attn.q_proj"].clone()
    decoder.run(layer, states)
    assert torch.equal(hessians["self_attn.q_proj"], before)
