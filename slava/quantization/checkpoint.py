"""Writes a quantized checkpoint beside an ordinary one, a decoder layer at a time."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch
from compressed_tensors.compressors import BaseCompressor
from compressed_tensors.quantization import QuantizationScheme
from safetensors.torch import save_file
from torch import Tensor, nn
from transformers import AutoConfig

from slava.model import configuration, hardware
from slava.model.checkpoints import ModelError
from slava.quantization import Scheme
from slava.quantization.calibration import dialogues
from slava.quantization.decoder import PREFIX, Decoder, Hessians, Weights, linear_layers
from slava.quantization.gptq import gptq
from slava.quantization.schemes import quantization_config, scale_dtype, scheme

INDEX = "model.safetensors.index.json"


def quantize(source: Path, target: Path, name: Scheme, report: Callable[[str], None] = print) -> None:
    """Write the checkpoint in `source`, quantized, to the new directory `target`.

    Memory: the layers' inputs of the calibration, and one decoder layer in float32. Raises ModelError
    when the checkpoint is quantized already or its widths do not fit the scheme.
    """
    configuration.register()
    config: Any = AutoConfig.from_pretrained(source)
    if hasattr(config, "quantization_config"):
        raise ModelError(f"{source}: is quantized already; give the checkpoint that it was made from")
    weights = Weights(source)
    dtype = weights[f"{PREFIX}norm.weight"].dtype
    decoder = Decoder(weights, config, hardware.device())
    target.mkdir(parents=True)
    states = decoder.embed(dialogues(source))
    layers = config.text_config.num_hidden_layers
    for index in range(layers):
        layer = decoder.layer(index)
        try:
            quantized = quantize_layer(layer, decoder, states, scheme(name), dtype)
        except ValueError as error:
            raise ModelError(f"{source}: {name} does not fit it: {error}") from error
        states = decoder.run(layer, states)
        _write_layer(weights, index, quantized, target)
        report(f"{index + 1}/{layers} layers quantized")
    _write_rest(weights, target)
    _write_index(target)
    _write_settings(source, target, name)


def quantize_layer(
    layer: nn.Module, decoder: Decoder, states: list[Tensor], scheme: QuantizationScheme, dtype: torch.dtype
) -> dict[str, Tensor]:
    """Put the layer's weights on their grids, in place, and return what a checkpoint holds for them."""
    linears = linear_layers(layer)
    with Hessians(linears) as hessians:
        decoder.run(layer, states)
    compressor: Any = BaseCompressor.get_value_from_registry(scheme.format)
    kept = scale_dtype(scheme.weights, dtype)
    tensors: dict[str, Tensor] = {}
    for name, linear in linears.items():
        linear.weight.data, grid = gptq(linear.weight.data, hessians[name], scheme.weights, kept)
        plain = {
            "weight": linear.weight.data,
            "weight_scale": grid.scale,
            "weight_zero_point": grid.zero_point.to(torch.int8),
        }
        packed = compressor.compress(plain, scheme)
        packed["weight_scale"] = packed["weight_scale"].to(kept)
        tensors |= {f"{name}.{key}": value.contiguous().cpu() for key, value in packed.items()}
    return tensors


def _layer_prefix(index: int) -> str:
    return f"{PREFIX}layers.{index}."


def _write_layer(weights: Weights, index: int, quantized: dict[str, Tensor], target: Path) -> None:
    """The layer's tensors as they are, but for the weights that were quantized."""
    linears = {name.rpartition(".")[0] for name in quantized}
    plain = {
        name: tensor
        for name, tensor in weights.under(_layer_prefix(index)).items()
        if name.removesuffix(".weight") not in linears
    }
    tensors = {_layer_prefix(index) + name: tensor for name, tensor in (plain | quantized).items()}
    save_file(tensors, target / f"layer-{index:03d}.safetensors", metadata={"format": "pt"})


def _write_rest(weights: Weights, target: Path) -> None:
    """Embeddings, tower, projector and heads, as they are."""
    names = [name for name in weights.files if not name.startswith(f"{PREFIX}layers.")]
    save_file({name: weights[name] for name in names}, target / "rest.safetensors", metadata={"format": "pt"})


def _write_index(target: Path) -> None:
    """Which tensor is in which file, as transformers and vLLM look for it."""
    files = Weights(target).files
    total = sum(path.stat().st_size for path in set(files.values()))
    index = {
        "metadata": {"total_size": total},
        "weight_map": {name: path.name for name, path in sorted(files.items())},
    }
    (target / INDEX).write_text(json.dumps(index, indent=2))


def _write_settings(source: Path, target: Path, name: Scheme) -> None:
    """Everything beside the weights is the source's; config.json tells the quantization too."""
    for path in source.iterdir():
        if path.is_file() and path.suffix != ".safetensors" and path.name != INDEX:
            shutil.copy(path, target)
    config = json.loads((source / "config.json").read_text())
    config["quantization_config"] = quantization_config(name)
    (target / "config.json").write_text(json.dumps(config, indent=2))
