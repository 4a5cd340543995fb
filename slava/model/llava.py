"""The 7b variant: a LLaVA-1.5 checkpoint in Hugging Face's layout, turned into a sLAVA one.

    python -m slava.model.llava SOURCE TARGET

Tensors keep their dtype and are renamed one shard at a time, so that a 7B conversion needs the memory
of its largest shard. The matching head, which LLaVA has not, starts at zero: every text matches by half.
"""

import argparse
import json
import re
import shutil
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file
from torch import Tensor
from transformers import AutoProcessor, LlavaConfig
from transformers.models.llava import LlavaProcessor
from transformers.models.vit.image_processing_pil_vit import ViTImageProcessorPil

from slava.model.checkpoints import ModelError
from slava.model.configuration import SlavaConfig
from slava.model.modeling import SlavaForConditionalGeneration

CHAT_TEMPLATE = Path(__file__).with_name("vicuna_template.jinja")
IMAGE_TOKEN = "<image>"
INDEX = "model.safetensors.index.json"
PARTS = {"text_config": "llama", "vision_config": "clip_vision_model"}
RENAMES = (
    (re.compile(r"^language_model\.lm_head\."), "lm_head."),
    (re.compile(r"^language_model\.model\."), "model.language_model."),
    (re.compile(r"^(vision_tower|multi_modal_projector)\."), r"model.\1."),
    (re.compile(r"^model\.vision_tower\.vision_model\."), "model.vision_tower."),
)
"""From the names that checkpoints on the hub have, of transformers before 5, to those of our modules."""
BUFFERS = (".rotary_emb.inv_freq", ".embeddings.position_ids")
"""Written by old versions, computed by ours."""

Shapes = dict[str, tuple[int, ...]]


def convert(source: Path, target: Path) -> None:
    """Write the LLaVA-1.5 checkpoint in `source` as a sLAVA checkpoint to `target`, a new directory.

    Raises ModelError: no such checkpoint, not LLaVA-1.5, pickled weights, tensors that are missing, left
    over or of another shape, a target that is there already.
    """
    if target.exists():
        raise ModelError(f"{target}: is there already; give a new directory")
    config = _slava_config(source)
    shards = _shards(source)
    _check_shapes(source, shards, _expected_shapes(config))
    processor = _processor(source, config)
    target.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=target.parent) as scratch:
        made = Path(scratch) / "checkpoint"
        made.mkdir()
        _write_weights(shards, made, int(config.text_config.hidden_size))
        config.save_pretrained(made)
        processor.save_pretrained(made)
        if (source / "generation_config.json").is_file():
            shutil.copy(source / "generation_config.json", made)
        made.rename(target)


def renamed(name: str) -> str:
    """The name in our checkpoint of a tensor of a LLaVA checkpoint."""
    for pattern, replacement in RENAMES:
        name = pattern.sub(replacement, name)
    return name


def _slava_config(source: Path) -> SlavaConfig:
    content = _json(source / "config.json")
    if content.get("model_type") != "llava":
        raise ModelError(f"{source}: a {content.get('model_type')!r} checkpoint, not a LLaVA-1.5 one")
    for part, kind in PARTS.items():
        # LLaVA's configuration leaves out what is its default.
        found = content.get(part, {}).get("model_type", kind)
        if found != kind:
            raise ModelError(f"{source}: its {part} is {found!r}; LLaVA-1.5 has {kind!r}")
    llava = LlavaConfig(**content)
    if not isinstance(llava.vision_feature_layer, int) or llava.vision_feature_select_strategy != "default":
        raise ModelError(f"{source}: takes several layers or the class token; LLaVA-1.5 takes one's patches")
    own = llava.to_dict() | {"architectures": ["SlavaForConditionalGeneration"], "merge_size": 1}
    del own["model_type"]
    return SlavaConfig(**own)


def _json(path: Path) -> dict[str, Any]:
    try:
        content: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise ModelError(f"{path}: {error.strerror}; give the directory of a LLaVA-1.5 checkpoint") from error
    except ValueError as error:
        raise ModelError(f"{path}: not JSON ({error})") from error
    return content


def _shards(source: Path) -> list[Path]:
    if (source / INDEX).is_file():
        names = sorted(set(_json(source / INDEX)["weight_map"].values()))
    elif (source / "model.safetensors").is_file():
        names = ["model.safetensors"]
    elif any(source.glob("*.bin")):
        raise ModelError(
            f"{source}: its weights are pickled (*.bin), and to read those is to run their code; "
            "give a checkpoint whose weights are safetensors"
        )
    else:
        raise ModelError(f"{source}: neither model.safetensors nor {INDEX}")
    return [source / name for name in names]


def _expected_shapes(config: SlavaConfig) -> Shapes:
    with torch.device("meta"):
        model = SlavaForConditionalGeneration(config)
    tied = {"lm_head.weight"} if config.tie_word_embeddings else set()
    shapes = {name: tuple(value.shape) for name, value in model.state_dict().items() if name not in tied}
    return {name: shape for name, shape in shapes.items() if not name.startswith("matching_head.")}


def _check_shapes(source: Path, shards: list[Path], expected: Shapes) -> None:
    found: Shapes = {}
    for shard in shards:
        try:
            with safe_open(shard, "pt") as file:
                names = [name for name in file.keys() if not name.endswith(BUFFERS)]  # noqa: SIM118
                found |= {renamed(name): tuple(file.get_slice(name).get_shape()) for name in names}
        except (OSError, SafetensorError) as error:
            raise ModelError(f"{shard}: cannot be read ({error})") from error
    wrong = [
        *(f"lacks {name}" for name in expected.keys() - found.keys()),
        *(f"has {name}" for name in found.keys() - expected.keys()),
        *(f"{name} is {found[name]}" for name, shape in expected.items() if found.get(name, shape) != shape),
    ]
    if wrong:
        raise ModelError(
            f"{source}: not the tensors of its config.json: {', '.join(sorted(wrong)[:3])}"
            + (f" and {len(wrong) - 3} more" if len(wrong) > 3 else "")
        )


def _write_weights(shards: list[Path], made: Path, hidden: int) -> None:
    names: dict[str, str] = {}
    total = 0
    for number, shard in enumerate(shards, start=1):
        tensors = _read(shard)
        if number == len(shards):
            dtype = next(iter(tensors.values())).dtype
            tensors["matching_head.weight"] = torch.zeros(1, hidden, dtype=dtype)
            tensors["matching_head.bias"] = torch.zeros(1, dtype=dtype)
        name = f"model-{number:05}-of-{len(shards):05}.safetensors"
        save_file(tensors, made / name, metadata={"format": "pt"})
        names |= dict.fromkeys(tensors, name)
        total += sum(tensor.nbytes for tensor in tensors.values())
    index = {"metadata": {"total_size": total}, "weight_map": names}
    (made / INDEX).write_text(json.dumps(index, indent=2) + "\n")


def _read(shard: Path) -> dict[str, Tensor]:
    with safe_open(shard, "pt") as file:
        names = [name for name in file.keys() if not name.endswith(BUFFERS)]  # noqa: SIM118
        return {renamed(name): file.get_tensor(name) for name in names}


def _processor(source: Path, config: SlavaConfig) -> LlavaProcessor:
    """The source's tokenizer, and its image statistics with the whole field of view instead of a crop."""
    try:
        theirs = AutoProcessor.from_pretrained(source)
    except (OSError, ValueError) as error:
        raise ModelError(f"{source}: no tokenizer or image processor ({type(error).__name__})") from error
    tokenizer = theirs.tokenizer
    if tokenizer.convert_tokens_to_ids(IMAGE_TOKEN) != config.image_token_index:
        raise ModelError(f"{source}: {IMAGE_TOKEN} is not token {config.image_token_index} of its tokenizer")
    # The template writes it: text prompts, chats and our reference then agree on exactly one.
    tokenizer.add_bos_token = tokenizer.init_kwargs["add_bos_token"] = False
    template = CHAT_TEMPLATE.read_text()
    tokenizer.chat_template = template
    vision: Any = config.vision_config
    image_processor = ViTImageProcessorPil(
        size={"height": vision.image_size, "width": vision.image_size},
        resample=3,
        image_mean=theirs.image_processor.image_mean,
        image_std=theirs.image_processor.image_std,
    )
    return LlavaProcessor(
        image_processor=image_processor,
        tokenizer=tokenizer,
        patch_size=vision.patch_size,
        vision_feature_select_strategy="full",  # of the processor: it counts the patches, and no class token
        chat_template=template,
        image_token=IMAGE_TOKEN,
    )


def main(argv: Sequence[str] | None = None) -> int:
    """Convert, and say what was made; 2 with one line where that cannot be done."""
    parser = argparse.ArgumentParser("python -m slava.model.llava", description="Convert LLaVA-1.5 to sLAVA.")
    parser.add_argument("source", type=Path, help="a LLaVA-1.5 checkpoint in Hugging Face's layout")
    parser.add_argument("target", type=Path, help="a directory that is not there yet")
    arguments = parser.parse_args(argv)
    try:
        convert(arguments.source, arguments.target)
    except ModelError as error:
        print(f"{parser.prog}: {error}", file=sys.stderr)
        return 2
    print(arguments.target)
    return 0


if __name__ == "__main__":
    sys.exit(main())
