"""An expert on the disk: an ordinary PEFT adapter of the language model's linear layers.

Keys and configuration are as `peft` writes them for `SlavaForConditionalGeneration`, so that `PeftModel`
and vLLM load the directory as it is.
"""

import hashlib
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file, save_file
from torch import Tensor

from slava.appearing import appear
from slava.model.linear_layers import LINEAR_LAYERS
from slava.mope.layers import MixtureLinear
from slava.mope.manifest import ExpertError

WEIGHTS = "adapter_model.safetensors"
PREFIX = "base_model.model.model.language_model."
TARGETS = rf".*language_model\.layers\.\d+\.(self_attn|mlp)\.({'|'.join(LINEAR_LAYERS)})"
"""A pattern, not a list of names: CLIP's tower has q_proj and k_proj too."""

Pair = tuple[Tensor, Tensor]
"""A [r, in] and B [out, r] of one linear layer."""
Adapter = dict[str, Pair]
"""By the layer's name in the language model."""


def expert_of(layers: Mapping[str, MixtureLinear], name: str, rank: int) -> Adapter:
    """The first `rank` directions of one trained expert."""
    pairs = {key: (layer.lora_A[name][:rank], layer.lora_B[name][:, :rank]) for key, layer in layers.items()}
    return {key: (a.detach().cpu(), b.detach().cpu()) for key, (a, b) in pairs.items()}


def composed(parts: Sequence[tuple[Adapter, float]]) -> Adapter:
    """The adapter that computes what the weighted sum of these computes; its rank is the sum of theirs.

    All must have the same scale.
    """
    return {
        key: (
            torch.cat([adapter[key][0] for adapter, _ in parts]),
            torch.cat([adapter[key][1] * weight for adapter, weight in parts], dim=1),
        )
        for key in parts[0][0]
    }


def save_adapter(
    adapter: Adapter, directory: Path, scale: float, base: str, dtype: torch.dtype = torch.bfloat16
) -> str:
    """Write a PEFT directory, whole or not at all; the digest of its weights."""
    from peft import LoraConfig

    rank = rank_of(adapter)
    directory.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=directory.parent, prefix=".part-") as scratch:
        made = Path(scratch) / "made"
        config = LoraConfig(r=rank, lora_alpha=scale * rank, target_modules=TARGETS, inference_mode=True)
        config.base_model_name_or_path = base
        config.save_pretrained(made)
        tensors = {}
        for name, (a_RI, b_OR) in adapter.items():
            tensors[f"{PREFIX}{name}.lora_A.weight"] = a_RI.to(dtype).contiguous()
            tensors[f"{PREFIX}{name}.lora_B.weight"] = b_OR.to(dtype).contiguous()
        save_file(tensors, made / WEIGHTS, metadata={"format": "pt"})
        appear(made, directory)
    return adapter_digest(directory)


def load_adapter(directory: Path) -> Adapter:
    """What `save_adapter` wrote, in float32. Raises ExpertError for a missing file or foreign keys."""
    try:
        tensors = load_file(directory / WEIGHTS)
    except (OSError, SafetensorError) as error:
        raise ExpertError(f"{directory}: {WEIGHTS} cannot be read: {error}") from error
    foreign = [key for key in tensors if not key.startswith(PREFIX)]
    names = {key.removeprefix(PREFIX).partition(".lora_")[0] for key in tensors}
    if foreign or len(tensors) != 2 * len(names):
        raise ExpertError(
            f"{directory}: not an adapter of a sLAVA language model: keys like {next(iter(tensors))}"
        )
    both = ((f"{PREFIX}{name}.lora_A.weight", f"{PREFIX}{name}.lora_B.weight") for name in sorted(names))
    return {
        name: (tensors[a].float(), tensors[b].float())
        for name, (a, b) in zip(sorted(names), both, strict=True)
    }


def check_adapter(adapter: Adapter, text_config: Any, directory: Path) -> None:
    """Make sure that every linear layer of this model gets its part, and that it changes what comes out.

    An adapter whose keys do not fit is otherwise ignored in silence (vllm#34186, vllm#48019).
    Raises ExpertError.
    """
    wanted = layer_shapes(text_config)
    found = {name: (a_RI.shape[1], b_OR.shape[0]) for name, (a_RI, b_OR) in adapter.items()}
    if found != wanted:
        odd = sorted(name for name in wanted.keys() | found.keys() if wanted.get(name) != found.get(name))
        raise ExpertError(
            f"{directory}: does not fit this model: {len(odd)} of {len(wanted)} layers differ, "
            f"{odd[0]} the first"
        )
    if not all(torch.isfinite(a).all() and torch.isfinite(b).all() for a, b in adapter.values()):
        raise ExpertError(f"{directory}: holds numbers that are not finite: it was not trained to its end")
    if not any(bool((b_OR @ a_RI).any()) for a_RI, b_OR in adapter.values()):
        raise ExpertError(f"{directory}: changes nothing: its output is the base's")


def adapter_digest(directory: Path) -> str:
    """SHA-256 of an adapter's weights. Raises ExpertError."""
    try:
        with (directory / WEIGHTS).open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        raise ExpertError(f"{directory}: {WEIGHTS} cannot be read: {error.strerror}") from error


def rank_of(adapter: Adapter) -> int:
    """The rank of all its pairs."""
    a_RI, _ = next(iter(adapter.values()))
    return int(a_RI.shape[0])


def layer_shapes(text_config: Any) -> dict[str, tuple[int, int]]:
    """Inputs and outputs of each linear layer of a Llama."""
    hidden, middle = text_config.hidden_size, text_config.intermediate_size
    head = getattr(text_config, "head_dim", None) or hidden // text_config.num_attention_heads
    queries, keys = text_config.num_attention_heads * head, text_config.num_key_value_heads * head
    block = {
        "self_attn.q_proj": (hidden, queries),
        "self_attn.k_proj": (hidden, keys),
        "self_attn.v_proj": (hidden, keys),
        "self_attn.o_proj": (queries, hidden),
        "mlp.gate_proj": (hidden, middle),
        "mlp.up_proj": (hidden, middle),
        "mlp.down_proj": (middle, hidden),
    }
    layers = range(text_config.num_hidden_layers)
    return {f"layers.{index}.{name}": shape for index in layers for name, shape in block.items()}
