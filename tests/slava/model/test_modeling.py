import pytest
import torch
from torch.testing import assert_close
from transformers import AutoConfig, AutoModelForImageTextToText

from slava.model import modeling
from slava.model.configuration import SlavaConfig
from slava.model.modeling import (
    PatchMergeProjector,
    SlavaForConditionalGeneration,
    merge_patches,
    pooled_features,
    tower_features,
)


def test_merge_patches_joins_squares_of_neighbours():
    # A 4 x 4 grid whose patches hold their row and column.
    rows, columns = torch.meshgrid(torch.arange(4), torch.arange(4), indexing="ij")
    patches = torch.stack([rows, columns], dim=-1).reshape(1, 16, 2)
    merged = merge_patches(patches, 2)
    assert merged.shape == (1, 4, 8)
    assert merged[0, 0].tolist() == [0, 0, 0, 1, 1, 0, 1, 1]
    assert merged[0, 1].tolist() == [0, 2, 0, 3, 1, 2, 1, 3]
    assert merged[0, 2].tolist() == [2, 0, 2, 1, 3, 0, 3, 1]


def test_merge_of_one_changes_nothing():
    patches = torch.randn(3, 25, 7)
    assert torch.equal(merge_patches(patches, 1), patches)


def test_merge_keeps_pictures_apart():
    patches = torch.randn(3, 16, 5)
    assert torch.equal(merge_patches(patches, 4)[1:2], merge_patches(patches[1:2], 4))


def test_projector_makes_a_sixteenth_of_the_tokens(tiny):
    projector = PatchMergeProjector(tiny.config)
    assert projector(torch.randn(2, 256, 24)).shape == (2, 16, 64)
    assert projector.linear_1.in_features == 24 * 16
    assert tiny.config.image_tokens == 16


def test_pooled_features_are_class_token_and_mean():
    pooled = pooled_features(torch.tensor([[[1.0, 2.0], [3.0, 6.0]]]), torch.tensor([[7.0, 8.0]]))
    assert pooled.tolist() == [[7.0, 8.0, 2.0, 4.0]]


@pytest.mark.parametrize("layer", [-1, -2])
def test_tower_features_take_the_layer_without_its_class_token(tiny, layer):
    pixels = torch.randn(2, 3, 224, 224)
    config = SlavaConfig(**{**tiny.config.to_dict(), "vision_feature_layer": layer})
    tower = tiny.model.vision_tower
    with torch.inference_mode():
        patches, pooled = tower_features(tower, config, pixels)
        hidden = tower(pixels, output_hidden_states=True).hidden_states
        states = hidden[-2] if layer == -2 else tower.layernorm(hidden[-1])
    assert_close(patches, states[:, 1:])
    assert_close(pooled[:, :24], states[:, 0])
    assert pooled.shape == (2, 48)


def test_merge_inputs_puts_the_pictures_in_their_places(tiny):
    image = tiny.config.image_token_index
    ids = torch.tensor([[5, *[image] * 16, 6, *[image] * 16, 7]])
    embeds = torch.randn(2, 16, 64)
    with torch.inference_mode():
        merged = tiny.model.merge_inputs(ids, embeds)
        words = tiny.get_input_embeddings()(torch.tensor([5, 6, 7]))
    assert_close(merged[0, [0, 17, 34]], words)
    assert_close(merged[0, 1:17], embeds[0])
    assert_close(merged[0, 18:34], embeds[1])


def test_merge_inputs_refuses_another_number_of_tokens(tiny):
    ids = torch.tensor([[tiny.config.image_token_index] * 15])
    with pytest.raises(ValueError, match="do not match"):
        tiny.model.merge_inputs(ids, torch.randn(1, 16, 64))


def test_pixels_and_their_image_tokens_give_the_same_logits(tiny, processor, pictures):
    prompt = processor.apply_chat_template(
        [
            {
                "role": "user",
                "content": [{"type": "image"}, {"type": "image"}, {"type": "text", "text": "Same?"}],
            }
        ],
        add_generation_prompt=True,
    )
    inputs = processor(images=pictures[:2], text=prompt, return_tensors="pt")
    with torch.inference_mode():
        whole = tiny(**inputs).logits
        tokens = torch.stack(tiny.get_image_features(inputs.pixel_values).pooler_output)
        embeds = tiny.model.merge_inputs(inputs.input_ids, tokens)
        assert_close(tiny(inputs_embeds=embeds).logits, whole)


def test_generation_sees_the_picture(tiny, processor, pictures):
    texts = ["<image>What?"] * 3
    inputs = processor(images=pictures, text=texts, return_tensors="pt")
    with torch.inference_mode():
        written = tiny.generate(**inputs, max_new_tokens=6, do_sample=False)
        logits = tiny(**inputs).logits[:, -1]
    assert written.shape[1] <= inputs.input_ids.shape[1] + 6
    assert (logits[0] - logits[1]).abs().max() > 0.01


def test_matching_reads_the_last_real_token(tiny):
    embeds = torch.randn(2, 9, 64)
    mask = torch.tensor([[1] * 9, [1] * 5 + [0] * 4])
    with torch.inference_mode():
        logits = tiny.match(embeds, mask)
        alone = tiny.match(embeds[1:, :5], mask[1:, :5])
    assert logits.shape == (2,)
    assert_close(logits[1:], alone)


def test_register_is_idempotent(tiny_checkpoint):
    modeling.register()
    modeling.register()
    assert isinstance(AutoConfig.from_pretrained(tiny_checkpoint), SlavaConfig)
    model = AutoModelForImageTextToText.from_pretrained(tiny_checkpoint)
    assert isinstance(model, SlavaForConditionalGeneration)


def test_saved_and_loaded_is_the_same(tiny, tmp_path):
    tiny.save_pretrained(tmp_path)
    again = AutoModelForImageTextToText.from_pretrained(tmp_path).state_dict()
    assert all(torch.equal(again[name], value) for name, value in tiny.state_dict().items())
