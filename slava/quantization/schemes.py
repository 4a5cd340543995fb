"""The two ways to quantize, in the terms of compressed-tensors, which vLLM and transformers read."""

from typing import Any

import torch
from compressed_tensors.config import CompressionFormat
from compressed_tensors.quantization import (
    QuantizationArgs,
    QuantizationConfig,
    QuantizationScheme,
    QuantizationStatus,
    QuantizationStrategy,
)

from slava.quantization import Scheme

TARGETS = [r"re:.*language_model\.(model\.)?layers\.\d+\..*_proj$"]
"""The decoder's linear layers, by their names here and in vLLM; tower, projector and heads are left out."""

GROUP_SIZE = 64
"""Weights of a row that share a scale in w4a16; divides nano's widths, which 128 does not."""

INT8_LEVELS = 64
"""Int8 weights stay within +-64, a bit less than int8 holds.

CPUs without VNNI add two products of u8 activations and s8 weights in 16 bits, and saturate silently:
255 * 64 * 2 just fits. With weights up to 127, oneDNN's products were seen to be off by half of the largest.
"""


def scheme(name: Scheme) -> QuantizationScheme:
    """Weights and activations of `name`."""
    if name == "w4a16":
        weights = QuantizationArgs(
            num_bits=4, strategy=QuantizationStrategy.GROUP, group_size=GROUP_SIZE, symmetric=False
        )
        return QuantizationScheme(targets=TARGETS, weights=weights, format=CompressionFormat.pack_quantized)
    # No SmoothQuant: it folds scales into the norms, and the experts would see other inputs than in training.
    weights = QuantizationArgs(num_bits=8, strategy=QuantizationStrategy.CHANNEL)
    tokens = QuantizationArgs(num_bits=8, strategy=QuantizationStrategy.TOKEN, dynamic=True, observer=None)
    return QuantizationScheme(
        targets=TARGETS, weights=weights, input_activations=tokens, format=CompressionFormat.int_quantized
    )


def levels(weights: QuantizationArgs) -> tuple[int, int]:
    """The least and the greatest integer that a weight may become."""
    return (-8, 7) if weights.num_bits == 4 else (-INT8_LEVELS, INT8_LEVELS)


def scale_dtype(weights: QuantizationArgs, checkpoint: torch.dtype) -> torch.dtype:
    """As vLLM holds the scales: those of groups like the model, those of rows in float32."""
    return checkpoint if weights.num_bits == 4 else torch.float32


def group_size(weights: QuantizationArgs, columns: int) -> int:
    """How many columns of a weight share a scale. Raises ValueError when they do not divide the row."""
    size = weights.group_size or columns
    if columns % size:
        raise ValueError(f"{columns} inputs of a linear layer do not divide into groups of {size}")
    return size


def quantization_config(name: Scheme) -> dict[str, Any]:
    """`quantization_config` of the checkpoint's config.json."""
    group = scheme(name)
    config = QuantizationConfig(
        config_groups={"group_0": group},
        format=group.format,
        quantization_status=QuantizationStatus.COMPRESSED,
    )
    content: dict[str, Any] = config.model_dump(mode="json")
    return content
