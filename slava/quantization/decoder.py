"""The decoder of a checkpoint, one layer in memory at a time: how 7B fits where it is quantized."""

from collections.abc import Iterable
from pathlib import Path
from typing import Any

import torch
from safetensors import safe_open
from torch import Tensor, nn
from transformers.models.llama.modeling_llama import LlamaDecoderLayer, LlamaRotaryEmbedding

PREFIX = "model.language_model."


class Weights:
    """Reads tensors of a checkpoint by name, whatever files they are in."""

    def __init__(self, directory: Path) -> None:
        self.files: dict[str, Path] = {}
        for path in sorted(directory.glob("*.safetensors")):
            with safe_open(path, "pt") as file:
                self.files |= dict.fromkeys(file.keys(), path)

    def __getitem__(self, name: str) -> Tensor:
        with safe_open(self.files[name], "pt") as file:
            tensor: Tensor = file.get_tensor(name)
        return tensor

    def under(self, prefix: str) -> dict[str, Tensor]:
        """The tensors whose names begin with `prefix`, by the rest of their names."""
        return {name.removeprefix(prefix): self[name] for name in self.files if name.startswith(prefix)}


class Decoder:
    """Runs sequences through single layers, in float32, on one device."""

    def __init__(self, weights: Weights, config: Any, device: str) -> None:
        self.weights, self.config, self.device = weights, config.text_config, device
        self.image_token = config.image_token_index
        self.config._attn_implementation = "sdpa"
        self.rotary = LlamaRotaryEmbedding(self.config).to(device)

    def embed(self, dialogues: Iterable[tuple[list[int], Tensor]]) -> list[Tensor]:
        """The first layer's inputs [T, H] of each dialogue: words, and image tokens in their places."""
        table = self.weights[f"{PREFIX}embed_tokens.weight"]
        states = []
        for ids, image_tokens in dialogues:
            row = torch.tensor(ids)
            embedded = table[row].float()
            embedded[row == self.image_token] = image_tokens
            states.append(embedded)
        return states

    def layer(self, index: int) -> LlamaDecoderLayer:
        """One layer as the checkpoint has it, in float32."""
        layer = LlamaDecoderLayer(self.config, index).to(self.device)
        layer.load_state_dict(self.weights.under(f"{PREFIX}layers.{index}."))
        return layer.eval()

    @torch.inference_mode()
    def run(self, layer: nn.Module, states: list[Tensor]) -> list[Tensor]:
        """The layer's outputs [T, H] for its inputs [T, H]; both wait in the machine's own memory."""
        outputs = []
        for state in states:
            hidden = state[None].to(self.device)
            positions = torch.arange(len(state), device=self.device)[None]
            rotary = self.rotary(hidden, positions)
            outputs.append(layer(hidden, position_embeddings=rotary, position_ids=positions)[0].cpu())
        return outputs


def linear_layers(layer: nn.Module) -> dict[str, nn.Linear]:
    """The linear layers of a decoder layer by name."""
    return {name: module for name, module in layer.named_modules() if isinstance(module, nn.Linear)}


class Hessians:
    """Sums X^T X of each linear layer's inputs while a decoder layer runs under it."""

    def __init__(self, layers: dict[str, nn.Linear]) -> None:
        self.of: dict[str, Tensor] = {}
        self.hooks = [
            module.register_forward_pre_hook(self._adding(name, module)) for name, module in layers.items()
        ]

    def __enter__(self) -> dict[str, Tensor]:
        return self.of

    def __exit__(self, *_: object) -> None:
        for hook in self.hooks:
            hook.remove()

    def _adding(self, name: str, module: nn.Linear) -> Any:
        self.of[name] = torch.zeros(module.in_features, module.in_features, device=module.weight.device)

        def add(_: nn.Module, inputs: tuple[Tensor, ...]) -> None:
            rows = inputs[0].flatten(0, -2)
            self.of[name] += rows.T @ rows

        return add
