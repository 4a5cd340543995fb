import pytest
import torch
from compressed_tensors.compressors import BaseCompressor
from torch.testing import assert_close

from slava.quantization.gptq import find_grid, gptq
from slava.quantization.schemes import levels, scheme

SCHEMES = ("w4a16", "w8a8")


@pytest.fixture
def weight():
    return torch.randn(48, 128, generator=torch.Generator().manual_seed(0))


@pytest.fixture
def inputs():
    """[T, I], with inputs that go together, and a few that are much larger than the rest."""
    generator = torch.Generator().manual_seed(1)
    mixed = torch.randn(500, 24, generator=generator) @ torch.randn(24, 128, generator=generator)
    noisy = mixed + 0.3 * torch.randn(500, 128, generator=generator)
    noisy[:, ::37] *= 10
    return noisy


def _quantized(weight, inputs, name):
    return gptq(weight, inputs.T @ inputs, scheme(name).weights, torch.float32)


@pytest.mark.parametrize("name", SCHEMES)
def test_weights_lie_on_the_grid(weight, inputs, name):
    rounded, grid = _quantized(weight, inputs, name)
    groups = rounded.unflatten(1, (grid.scale.shape[1], -1))
    integers = groups / grid.scale[..., None] + grid.zero_point[..., None]
    least, greatest = levels(scheme(name).weights)
    assert_close(integers, integers.round(), atol=1e-3, rtol=0)
    assert integers.round().min() >= least
    assert integers.round().max() <= greatest


@pytest.mark.parametrize("name", SCHEMES)
def test_outputs_change_less_than_by_rounding(weight, inputs, name):
    args = scheme(name).weights
    rounded, _ = _quantized(weight, inputs, name)
    grid = find_grid(weight, torch.ones(128), args, torch.float32)
    per_column = grid.scale.repeat_interleave(128 // grid.scale.shape[1], 1)
    zero = grid.zero_point.repeat_interleave(128 // grid.scale.shape[1], 1)
    least, greatest = levels(args)
    nearest = ((weight / per_column).round() + zero).clamp(least, greatest).sub(zero).mul(per_column)

    def error(changed):
        return ((changed - weight) @ inputs.T).square().mean()

    assert error(rounded) < 0.5 * error(nearest)


@pytest.mark.parametrize("name", SCHEMES)
def test_the_library_packs_exactly_these_weights(weight, inputs, name):
    rounded, grid = _quantized(weight, inputs, name)
    group = scheme(name)
    compressor = BaseCompressor.get_value_from_registry(group.format)
    plain = {
        "weight": rounded,
        "weight_scale": grid.scale,
        "weight_zero_point": grid.zero_point.to(torch.int8),
    }
    packed = compressor.compress(plain, group)
    assert sum(tensor.nbytes for tensor in packed.values()) < weight.nbytes / 3
    assert_close(compressor.decompress(packed, group)["weight"], rounded, atol=1e-5, rtol=0)


@pytest.mark.parametrize("name", SCHEMES)
def test_inputs_never_seen(weight, inputs, name):
    inputs[:, 5] = 0
    rounded, grid = _quantized(weight, inputs, name)
    assert rounded.isfinite().all()
    assert ((rounded - weight)[:, 5].abs() <= 8 * grid.scale.amax(1)).all()


def test_an_outlier_is_cut_off_where_that_is_better(weight):
    weight[0, 3] = 12.0
    args = scheme("w4a16").weights
    importance = torch.ones(128)
    importance[3] = 1e-6
    cut = find_grid(weight, importance, args, torch.float32)
    kept = find_grid(weight, torch.ones(128), args, torch.float32)
    assert cut.scale[0, 0] < kept.scale[0, 0]


def test_scales_are_what_the_checkpoint_holds(weight, inputs):
    _, grid = gptq(weight, inputs.T @ inputs, scheme("w4a16").weights, torch.bfloat16)
    assert torch.equal(grid.scale, grid.scale.to(torch.bfloat16).float())
