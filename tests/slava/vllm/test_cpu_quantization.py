"""Our kernels against plain products, and what vLLM's own do here. The engine: tests/slava/quantization."""

import pytest
import torch
from compressed_tensors.compressors import BaseCompressor
from torch import nn
from torch.testing import assert_close

from slava.quantization.gptq import gptq
from slava.quantization.schemes import scheme

pytestmark = pytest.mark.slow

ROWS, COLUMNS = 96, 128


@pytest.fixture(scope="module")
def cpu_quantization():
    """Imported late: it brings in vLLM."""
    from slava.vllm import cpu_quantization

    return cpu_quantization


def _layer(name, symmetric):
    """A layer that vLLM has loaded but not yet processed, and the weights that it stands for."""
    group = scheme(name)
    args = group.weights.model_copy(update={"symmetric": symmetric})
    weight, grid = gptq(torch.randn(ROWS, COLUMNS), torch.eye(COLUMNS), args, torch.float32)
    plain = {
        "weight": weight,
        "weight_scale": grid.scale,
        "weight_zero_point": grid.zero_point.to(torch.int8),
    }
    group = group.model_copy(update={"weights": args})
    compressor = BaseCompressor.get_value_from_registry(group.format)
    packed = compressor.compress(plain, group)
    layer = nn.Module()
    for key, tensor in packed.items():
        setattr(layer, key, nn.Parameter(tensor, requires_grad=False))
    layer.logical_widths = [ROWS]
    layer.bias = layer.input_scale = layer.input_zero_point = None
    return layer, compressor.decompress(packed, group)["weight"]


def _int4(kernel, symmetric, dtype=torch.float32):
    from vllm.model_executor.kernels.linear import MPLinearLayerConfig
    from vllm.scalar_type import scalar_types

    kind = scalar_types.uint4b8 if symmetric else scalar_types.uint4
    shape = (COLUMNS, ROWS)
    config = MPLinearLayerConfig(shape, shape, kind, dtype, 64, not symmetric, False)
    names = ("weight_packed", "weight_scale", "weight_zero_point", "weight_g_idx")
    return kernel(config, *names)


def _int8(kernel):
    from vllm.model_executor.kernels.linear import Int8ScaledMMLinearLayerConfig

    config = Int8ScaledMMLinearLayerConfig(
        is_static_input_scheme=False, is_channelwise=True, input_symmetric=True
    )
    names = ["weight", "weight_scale", "input_scale", "input_zero_point", "azp_adj"]
    return kernel(config, layer_param_names=names)


@pytest.mark.parametrize("symmetric", [True, False])
@pytest.mark.parametrize("tokens", [1, 7, 300])
def test_four_bits_unpacked(cpu_quantization, symmetric, tokens):
    layer, weight = _layer("w4a16", symmetric)
    kernel = _int4(cpu_quantization.UnpackingInt4Kernel, symmetric)
    kernel.process_weights_after_loading(layer)
    assert layer.weight_packed.nbytes == ROWS * COLUMNS // 2
    x, bias = torch.randn(tokens, COLUMNS), torch.randn(ROWS)
    assert_close(kernel.apply_weights(layer, x), x @ weight.T, atol=1e-4, rtol=1e-4)
    assert_close(kernel.apply_weights(layer, x, bias), x @ weight.T + bias, atol=1e-4, rtol=1e-4)


def test_vllm_itself_still_has_no_four_bits_in_float32(cpu_quantization):
    """Once this fails, UnpackingInt4Kernel can go."""
    from vllm import _custom_ops as ops
    from vllm.model_executor.kernels.linear import CPUWNA16LinearKernel

    kernel = _int4(CPUWNA16LinearKernel, True)
    assert kernel.can_implement(kernel.config) == (True, None)
    x, packed = torch.randn(1, COLUMNS), torch.zeros(ROWS // 16, COLUMNS * 2, dtype=torch.int32)
    with pytest.raises((AttributeError, NotImplementedError)):  # no operator, or none for float32
        ops.cpu_gemm_wna16(x, packed, torch.ones(COLUMNS // 64, ROWS), None, None, None, 8, "vec")


def test_ours_gives_way_to_what_vllm_can(cpu_quantization):
    able = not hasattr(torch.ops._C, "cpu_gemm_wna16")
    for dtype, expected in ((torch.float32, True), (torch.bfloat16, able)):
        kernel = _int4(cpu_quantization.UnpackingInt4Kernel, True, dtype)
        assert kernel.can_implement(kernel.config)[0] is expected


@pytest.mark.parametrize("tokens", [1, 7, 300])
def test_eight_bits(cpu_quantization, tokens):
    """Exact for activations that are integers, the largest ones too, where CPUs without VNNI saturate."""
    layer, weight = _layer("w8a8", True)
    kernel = _int8(cpu_quantization.Int8KernelForLora)
    kernel.process_weights_after_loading(layer)
    x = torch.randint(-127, 128, (tokens, COLUMNS)).float()
    x[:, :64] = 127
    assert_close(kernel.apply_weights(layer, x), x @ weight.T, atol=1e-2, rtol=1e-4)


def test_vllm_itself_still_hides_the_weight_from_lora(cpu_quantization):
    """Once this fails, Int8KernelForLora can go."""
    from vllm.lora.layers.utils import _get_lora_device
    from vllm.model_executor.kernels.linear import CPUInt8ScaledMMLinearKernel

    if torch.cpu._is_amx_tile_supported():
        pytest.skip("this machine has AMX, where vLLM takes another way")
    for kernel, fails in ((CPUInt8ScaledMMLinearKernel, True), (cpu_quantization.Int8KernelForLora, False)):
        layer, _ = _layer("w8a8", True)
        _int8(kernel).process_weights_after_loading(layer)
        if fails:
            with pytest.raises(AttributeError, match="device"):
                _get_lora_device(layer)
        else:
            assert _get_lora_device(layer) == torch.device("cpu")


def test_ours_are_in_the_places_of_vllms(cpu_quantization):
    from vllm.model_executor.kernels import linear
    from vllm.platforms import PlatformEnum

    cpu_quantization.register()
    cpu_quantization.register()
    int8 = [kernel.__name__ for kernel in linear._POSSIBLE_INT8_KERNELS[PlatformEnum.CPU]]
    assert int8.count("Int8KernelForLora") == 1
    assert "CPUInt8ScaledMMLinearKernel" not in int8
    int4 = [kernel.__name__ for kernel in linear._POSSIBLE_KERNELS[PlatformEnum.CPU]]
    assert [name for name in int4 if name in ("UnpackingInt4Kernel", "CPUWNA16LinearKernel")] == [
        "UnpackingInt4Kernel",
        "CPUWNA16LinearKernel",
    ]
