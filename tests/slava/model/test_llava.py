import json

import numpy as np
import pytest
import torch
from safetensors.torch import load_file, save_file
from tokenizers import Tokenizer
from tokenizers.models import BPE
from tokenizers.trainers import BpeTrainer
from torch.testing import assert_close
from transformers import (
    AutoModelForImageTextToText,
    AutoProcessor,
    AutoTokenizer,
    LlamaTokenizer,
    LlavaConfig,
    LlavaForConditionalGeneration,
    LlavaProcessor,
)
from transformers.models.clip.image_processing_pil_clip import CLIPImageProcessorPil

from slava import tasks
from slava.model import modeling
from slava.model.checkpoints import ModelError, find_checkpoint
from slava.model.encoder import VisionEncoder
from slava.model.labelling import spellings
from slava.model.llava import convert, main

pytestmark = pytest.mark.usefixtures("float32")

TEXT = {
    "model_type": "llama",
    "vocab_size": 320,
    "hidden_size": 64,
    "intermediate_size": 96,
    "num_hidden_layers": 2,
    "num_attention_heads": 2,
    "initializer_range": 0.2,
}
VISION = {
    "model_type": "clip_vision_model",
    "hidden_size": 24,
    "intermediate_size": 48,
    "num_hidden_layers": 3,
    "num_attention_heads": 2,
    "image_size": 56,
    "patch_size": 14,
    "projection_dim": 16,
}


def _tokenizer():
    """Llama-2's kind: a mark for each space, bytes for the unknown, a start token before each text."""
    specials = ["<unk>", "<s>", "</s>", *(f"<0x{byte:02X}>" for byte in range(256))]
    made = Tokenizer(BPE(byte_fallback=True, unk_token="<unk>"))
    words = ["▁USER:▁▁ASSISTANT:▁Porous▁sponge▁Powder▁Films"] * 5
    made.train_from_iterator(words, BpeTrainer(vocab_size=300, special_tokens=specials, show_progress=False))
    content = json.loads(made.to_str())["model"]
    merges = [tuple(pair) for pair in content["merges"]]
    tokenizer = LlamaTokenizer(vocab=content["vocab"], merges=merges, add_bos_token=True, pad_token="<unk>")
    tokenizer.add_special_tokens({"additional_special_tokens": ["<image>"]})
    return tokenizer


@pytest.fixture(scope="module")
def llava(tmp_path_factory):
    """A tiny random LLaVA-1.5, and the directory where transformers saved it in several shards."""
    directory = tmp_path_factory.mktemp("llava")
    tokenizer = _tokenizer()
    torch.manual_seed(0)
    config = LlavaConfig(
        text_config=TEXT,
        vision_config=VISION,
        image_token_index=tokenizer.convert_tokens_to_ids("<image>"),
        image_seq_length=16,
    )
    model = LlavaForConditionalGeneration(config).eval()
    model.save_pretrained(directory, max_shard_size="100KB")
    crop = {"height": 56, "width": 56}
    LlavaProcessor(
        CLIPImageProcessorPil(size={"shortest_edge": 56}, crop_size=crop),
        tokenizer,
        patch_size=14,
        vision_feature_select_strategy="default",
        num_additional_image_tokens=1,
    ).save_pretrained(directory)
    return model, directory


@pytest.fixture(scope="module")
def converted(llava, tmp_path_factory):
    target = tmp_path_factory.mktemp("converted") / "new" / "7b"
    convert(llava[1], target)
    return target


def _loaded(directory):
    modeling.register()
    return AutoModelForImageTextToText.from_pretrained(directory, dtype=torch.float32).eval()


def _copied(directory, to):
    for path in directory.iterdir():
        (to / path.name).write_bytes(path.read_bytes())
    return to


def _single_file(directory, to, rename=lambda name: name):
    """The same checkpoint with all its weights in one file, under other names."""
    _copied(directory, to)
    tensors = {}
    for path in to.glob("*.safetensors"):
        tensors |= load_file(path)
        path.unlink()
    (to / "model.safetensors.index.json").unlink()
    save_file({rename(name): value for name, value in tensors.items()}, to / "model.safetensors")
    return to


def _same_logits(model, converted):
    image = model.config.image_token_index
    ids = torch.tensor([[1, 270, *[image] * 16, 280, 290, *[image] * 16, 281]])
    pixels = torch.randn(2, 3, 56, 56, generator=torch.Generator().manual_seed(1))
    with torch.inference_mode():
        expected = model(input_ids=ids, pixel_values=pixels).logits
        found = _loaded(converted)(input_ids=ids, pixel_values=pixels).logits
    assert expected.std() > 0.1
    assert_close(found, expected, atol=1e-5, rtol=0)


def test_logits_are_llavas(llava, converted):
    assert len(list(llava[1].glob("model-*.safetensors"))) > 2
    _same_logits(llava[0], converted)


def _hub_name(name):
    """As the checkpoints of the hub, which were saved by transformers 4, have it."""
    name = name.replace("model.language_model.", "language_model.model.")
    name = name.replace("lm_head.", "language_model.lm_head.") if name.startswith("lm_head.") else name
    name = name.removeprefix("model.")
    return name if ".vision_model." in name else name.replace("vision_tower.", "vision_tower.vision_model.")


def _new_name(name):
    """As the modules of transformers 5 are called."""
    from slava.model.llava import renamed

    return renamed(_hub_name(name))


@pytest.mark.parametrize("rename", [_hub_name, _new_name])
def test_names_of_old_and_new_transformers(llava, tmp_path, rename):
    (tmp_path / "source").mkdir()
    source = _single_file(llava[1], tmp_path / "source", rename)
    names = load_file(source / "model.safetensors")
    assert ("language_model.lm_head.weight" in names) == (rename is _hub_name)
    convert(source, tmp_path / "target")
    _same_logits(llava[0], tmp_path / "target")


def test_buffers_of_old_versions_are_left_out(llava, tmp_path):
    (tmp_path / "source").mkdir()
    source = _single_file(llava[1], tmp_path / "source", _hub_name)
    tensors = load_file(source / "model.safetensors")
    tensors["vision_tower.vision_model.embeddings.position_ids"] = torch.arange(17)
    tensors["language_model.model.layers.0.self_attn.rotary_emb.inv_freq"] = torch.ones(16)
    save_file(tensors, source / "model.safetensors")
    convert(source, tmp_path / "target")
    _same_logits(llava[0], tmp_path / "target")


def test_configuration(converted):
    config = _loaded(converted).config
    assert config.model_type == "slava"
    assert (config.merge_size, config.vision_feature_layer, config.image_tokens) == (1, -2, 16)
    assert config.vision_feature_select_strategy == "default"
    assert json.loads((converted / "config.json").read_text())["architectures"] == [
        "SlavaForConditionalGeneration"
    ]


def test_found_as_a_checkpoint(converted):
    assert find_checkpoint(str(converted)) == converted


def test_weights_keep_their_dtype_and_the_matching_head_is_zero(llava, tmp_path):
    (tmp_path / "source").mkdir()
    source = _single_file(llava[1], tmp_path / "source")
    half = {name: value.half() for name, value in load_file(source / "model.safetensors").items()}
    save_file(half, source / "model.safetensors")
    convert(source, tmp_path / "target")
    (path,) = (tmp_path / "target").glob("*.safetensors")
    tensors = load_file(path)
    assert {value.dtype for value in tensors.values()} == {torch.float16}
    assert tensors["matching_head.weight"].shape == (1, 64)
    assert (
        tensors["matching_head.weight"].count_nonzero() == tensors["matching_head.bias"].count_nonzero() == 0
    )


def test_no_tensor_is_missing_or_left_over(converted):
    modeling.register()
    _, report = AutoModelForImageTextToText.from_pretrained(converted, output_loading_info=True)
    assert not any(report.values())


def test_the_vision_encoder_gives_llavas_image_tokens(llava, converted, pictures):
    pixels = AutoProcessor.from_pretrained(converted).image_processor(images=pictures, return_tensors="pt")
    with torch.inference_mode():
        expected = torch.stack(llava[0].get_image_features(pixels.pixel_values).pooler_output)
    tokens, pooled = VisionEncoder(converted)(pictures)
    assert_close(tokens, expected, atol=1e-5, rtol=1e-5)
    assert pooled.shape == (3, 48)


def test_saved_again_it_still_loads(converted, tmp_path, pictures):
    _loaded(converted).save_pretrained(tmp_path)
    AutoProcessor.from_pretrained(converted).save_pretrained(tmp_path)
    assert_close(VisionEncoder(tmp_path)(pictures), VisionEncoder(converted)(pictures))


def test_the_whole_field_of_view_is_seen(converted):
    processor = AutoProcessor.from_pretrained(converted)
    wide = np.zeros((56, 400, 3), np.uint8)
    wide[:, :8] = wide[:, -8:] = 255
    pixels = processor.image_processor(images=wide, return_tensors="pt").pixel_values
    assert pixels.shape == (1, 3, 56, 56)
    assert pixels[..., 0].min() > pixels[..., 28].max()
    assert pixels[..., -1].min() > pixels[..., 28].max()
    assert pixels[0, 0, 0, 28].item() == pytest.approx(-0.48145466 / 0.26862954)


def test_prompts_of_text_and_of_chats_begin_once(converted):
    tokenizer = AutoTokenizer.from_pretrained(converted)
    processor = AutoProcessor.from_pretrained(converted)
    prompt = processor.apply_chat_template(tasks.caption().messages("5 kV"), add_generation_prompt=True)
    assert prompt == "<s>USER: Describe this micrograph.\n<image>\nContext: 5 kV ASSISTANT:"
    ids = tokenizer(prompt).input_ids
    assert ids == tokenizer(prompt, add_special_tokens=False).input_ids
    assert (
        ids
        == processor.apply_chat_template(
            tasks.caption().messages("5 kV"), add_generation_prompt=True, tokenize=True, return_dict=False
        )[0]
    )
    assert ids.count(tokenizer.bos_token_id) == 1


def test_chat_template_of_a_conversation(converted):
    processor = AutoProcessor.from_pretrained(converted)
    chat = [
        *tasks.vqa("Same?").messages(images=2),
        {"role": "assistant", "content": "No."},
        {"role": "user", "content": "Why?"},
    ]
    text = processor.apply_chat_template(chat, add_generation_prompt=True)
    assert text == "<s>USER: Same?\n<image><image> ASSISTANT: No.</s>USER: Why? ASSISTANT:"
    assert processor.apply_chat_template([{"role": "system", "content": "Be brief."}, *chat[2:]]) == (
        "<s>Be brief. USER: Why? "
    )


def test_an_image_takes_its_tokens(converted, pictures):
    processor = AutoProcessor.from_pretrained(converted)
    inputs = processor(images=pictures[:2], text="<s>USER: <image><image> ASSISTANT:", return_tensors="pt")
    assert (inputs.input_ids == processor.image_token_id).sum() == 32


def test_labels_are_spelled_without_the_mark_of_a_space(converted):
    """The engine's grammar admits a label's letters only, no space before them."""
    tokenizer = AutoTokenizer.from_pretrained(converted)
    for label, ids in spellings(tokenizer, tasks.NFFA_LABELS).items():
        pieces = tokenizer.convert_ids_to_tokens(ids)
        assert not pieces[0].startswith("▁")
        assert tokenizer.convert_tokens_to_string(pieces) == label


def _refused(source, target, *words):
    before = sorted(target.parent.iterdir())
    with pytest.raises(ModelError) as error:
        convert(source, target)
    message = str(error.value)
    assert "\n" not in message
    assert all(word in message for word in words), message
    assert sorted(target.parent.iterdir()) == before


def _edited(llava, to, edit):
    source = _copied(llava[1], to)
    config = json.loads((source / "config.json").read_text())
    edit(config)
    (source / "config.json").write_text(json.dumps(config))
    return source


def test_pickled_weights_are_refused(llava, tmp_path):
    source = _copied(llava[1], tmp_path)
    for path in source.glob("model*"):
        path.unlink()
    (source / "pytorch_model.bin").write_bytes(b"")
    _refused(source, tmp_path / "target", "pickled", "safetensors")


def test_no_weights_no_directory_and_no_json(llava, tmp_path):
    _refused(tmp_path / "none", tmp_path / "target", "No such file")
    source = _copied(llava[1], tmp_path)
    for path in source.glob("model*"):
        path.unlink()
    _refused(source, tmp_path / "target", "neither model.safetensors nor")
    (source / "config.json").write_text("{")
    _refused(source, tmp_path / "target", "not JSON")


@pytest.mark.parametrize(
    ("edit", "words"),
    [
        (lambda config: config.update(model_type="mistral3"), ["'mistral3'"]),
        (lambda config: config["text_config"].update(model_type="qwen2"), ["text_config", "'qwen2'"]),
        (lambda config: config["vision_config"].update(model_type="siglip_vision_model"), ["siglip"]),
        (lambda config: config.update(vision_feature_layer=[-2, -5]), ["several layers"]),
        (lambda config: config.update(vision_feature_select_strategy="full"), ["class token"]),
        (lambda config: config.update(image_token_index=7), ["<image> is not token 7"]),
        (lambda config: config["text_config"].update(num_hidden_layers=3), ["lacks", "and 6 more"]),
        (
            lambda config: config["text_config"].update(num_hidden_layers=1),
            ["has model.language_model.layers.1"],
        ),
        (lambda config: config["text_config"].update(intermediate_size=97), ["is (", "mlp"]),
    ],
)
def test_what_is_no_llava_15(llava, tmp_path, edit, words):
    (tmp_path / "source").mkdir()
    _refused(_edited(llava, tmp_path / "source", edit), tmp_path / "target", *words)


def test_a_shard_that_is_cut_off_or_gone(llava, tmp_path):
    (tmp_path / "source").mkdir()
    source = _copied(llava[1], tmp_path / "source")
    shard = sorted(source.glob("model-*.safetensors"))[1]
    shard.write_bytes(shard.read_bytes()[:-100])
    _refused(source, tmp_path / "target", shard.name, "cannot be read")
    shard.unlink()
    _refused(source, tmp_path / "target", shard.name, "cannot be read")


def test_no_tokenizer(llava, tmp_path):
    (tmp_path / "source").mkdir()
    source = _copied(llava[1], tmp_path / "source")
    for path in [*source.glob("tokenizer*"), *source.glob("*processor*")]:
        path.unlink()
    _refused(source, tmp_path / "target", "no tokenizer or image processor")


def test_command_line(llava, converted, tmp_path, capsys):
    assert main([str(llava[1]), str(tmp_path / "7b")]) == 0
    assert capsys.readouterr().out == f"{tmp_path / '7b'}\n"
    assert main([str(llava[1]), str(converted)]) == 2
    assert (
        capsys.readouterr().err.strip()
        == f"python -m slava.model.llava: {converted}: is there already; give a new directory"
    )
