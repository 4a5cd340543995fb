"""Quantized linear layers on CPUs, where vLLM 0.29's own kernels fall short. Two gaps, a class each:

- W4A16: `CPUWNA16LinearKernel` says that it can anywhere, but its operator `cpu_gemm_wna16` is compiled for
  AVX512 alone, and not for float32, which is what AVX512 without its bf16 instructions computes in: the
  first product raises AttributeError, or NotImplementedError.
- W8A8: `CPUInt8ScaledMMLinearKernel` leaves None for the weight that oneDNN took over, and LoRA asks just
  that weight for its device (`_get_lora_device`): AttributeError when the engine starts with LoRA.

tests/slava/vllm/test_cpu_quantization.py fails when vLLM has mended one of them: delete the class then,
and with the last one this file and its call in plugin.py.
"""

from typing import Any

import torch
from torch import Tensor, nn
from vllm.model_executor.kernels import linear
from vllm.model_executor.kernels.linear import MPLinearLayerConfig
from vllm.model_executor.kernels.linear.mixed_precision.cpu import CPUWNA16LinearKernel
from vllm.model_executor.kernels.linear.scaled_mm.cpu import CPUInt8ScaledMMLinearKernel
from vllm.model_executor.layers.quantization.utils.quant_utils import unpack_quantized_values_into_int32
from vllm.platforms import PlatformEnum


class UnpackingInt4Kernel(CPUWNA16LinearKernel):  # type: ignore[misc]
    """Weights stay at 4 bits in memory; a layer's are unpacked for each product.

    With hundreds of tokens at once, as screening has them, that is a tenth of the product's time; for a
    single token it is several times the product.
    """

    @classmethod
    def can_implement(cls, c: MPLinearLayerConfig) -> tuple[bool, str | None]:
        """Where vLLM's own cannot."""
        if c.act_type != torch.float32 and hasattr(torch.ops._C, "cpu_gemm_wna16"):
            return False, "vLLM's own kernel does it"
        told: tuple[bool, str | None] = super().can_implement(c)
        return told

    def process_weights_after_loading(self, layer: nn.Module) -> None:
        """Two columns a byte, of the left and the right half, so that each half unpacks in one go."""
        kind = self.config.weight_type
        integers = unpack_quantized_values_into_int32(getattr(layer, self.w_q_name), kind, 1)
        left, right = integers.to(torch.uint8).chunk(2, dim=1)
        self._replace(layer, self.w_q_name, right << 4 | left)
        if self.config.zero_points:
            zeros = unpack_quantized_values_into_int32(getattr(layer, self.w_zp_name), kind, 0)
            self._replace(layer, self.w_zp_name, zeros.to(torch.uint8))

    def apply_weights(self, layer: nn.Module, x: Tensor, bias: Tensor | None = None) -> Tensor:
        """`x @ W.T + bias`."""
        packed, scale_OG, zero_OG, _ = self._get_weight_params(layer)
        half = packed.shape[1]
        weight = torch.empty(len(packed), 2 * half, dtype=x.dtype)
        weight[:, :half] = packed & 15
        weight[:, half:] = packed >> 4
        grouped = weight.view(*scale_OG.shape, -1)
        grouped.sub_(8 if zero_OG is None else zero_OG[..., None]).mul_(scale_OG[..., None])
        return nn.functional.linear(x, weight, bias)

    @staticmethod
    def _replace(layer: nn.Module, name: str, value: Tensor) -> None:
        setattr(layer, name, nn.Parameter(value, requires_grad=False))


class Int8KernelForLora(CPUInt8ScaledMMLinearKernel):  # type: ignore[misc]
    """Leaves an empty weight where the one was that oneDNN took over: it still knows its device."""

    def process_weights_for_onednn(self, layer: nn.Module) -> None:
        """As vLLM does, but for the None."""
        super().process_weights_for_onednn(layer)
        empty = nn.Parameter(torch.empty(0, dtype=torch.int8), requires_grad=False)
        setattr(layer, self.layer_param_names[0], empty)


def register() -> None:
    """Put ours in the places of vLLM's, or before them; idempotent."""
    _put(linear._POSSIBLE_INT8_KERNELS, CPUInt8ScaledMMLinearKernel, Int8KernelForLora)
    _put(linear._POSSIBLE_KERNELS, CPUWNA16LinearKernel, UnpackingInt4Kernel, CPUWNA16LinearKernel)


def _put(kernels: dict[Any, list[type]], stock: type, *ours: type) -> None:
    known = kernels[PlatformEnum.CPU]
    if ours[0] not in known:
        place = known.index(stock)
        known[place : place + 1] = ours
