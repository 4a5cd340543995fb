"""GPTQ: a linear layer's weights to integers, so that its outputs change least (Frantar et al. 2023).

Column after column is rounded, and the columns still to come make up for the error, by the inverse of
the Hessian of the layer's squared output error: H = X^T X over the calibration's inputs. Columns go in
the order of how much they matter (the authors' act-order), with the groups' scales fixed before, so
that a checkpoint needs no index of groups.
"""

from dataclasses import dataclass

import torch
from compressed_tensors.quantization import QuantizationArgs
from torch import Tensor

from slava.quantization.schemes import group_size, levels

BLOCK = 128
"""Columns that are rounded before the rest hears of their errors: the same result, sooner."""
DAMPING = 0.01
"""Of the Hessian's mean diagonal, added to it (section 3.3)."""
SHRINKS = torch.linspace(1, 0.5, 26).tolist()
"""Shares of a group's range that its integers may span: cutting off an outlier can cost less."""


@dataclass(frozen=True, eq=False)
class Grid:
    """What weights may be: `scale * (integer - zero point)`."""

    scale: Tensor
    zero_point: Tensor
    least: int
    greatest: int

    def nearest(self, weight: Tensor) -> Tensor:
        """Each weight's nearest place on the grid, in float."""
        integer = (weight / self.scale).round() + self.zero_point
        return (integer.clamp(self.least, self.greatest) - self.zero_point) * self.scale

    def of_group(self, group: int) -> "Grid":
        """[O, G] to [O], for a column of that group."""
        return Grid(self.scale[:, group], self.zero_point[:, group], self.least, self.greatest)


def gptq(
    weight_OI: Tensor, hessian_II: Tensor, args: QuantizationArgs, dtype: torch.dtype
) -> tuple[Tensor, Grid]:
    """The weights on their grid, in float32 [O, I], and the grid [O, G], its scales as `dtype` holds them.

    ValueError when the inputs do not divide into groups.
    """
    hessian = hessian_II.clone()
    diagonal = hessian.diagonal()
    # An input that calibration never saw: any weight will do, but the Hessian has to have an inverse.
    diagonal[diagonal == 0] = 1
    grid = find_grid(weight_OI, diagonal, args, dtype)
    order = diagonal.argsort(descending=True)
    groups = order // group_size(args, len(order))
    diagonal += DAMPING * diagonal.mean()
    rounded = _round_columns(
        weight_OI[:, order],
        _inverse_root(hessian[order][:, order]),
        [grid.of_group(g) for g in groups.tolist()],
    )
    return rounded[:, order.argsort()], grid


def find_grid(weight_OI: Tensor, importance_I: Tensor, args: QuantizationArgs, dtype: torch.dtype) -> Grid:
    """For each row and group the share of its range with the least squared error, weighted by importance."""
    size = group_size(args, weight_OI.shape[1])
    weight, importance = weight_OI.unflatten(1, (-1, size)), importance_I.view(-1, size)
    grids = [_spanning(weight * shrink, args, dtype) for shrink in SHRINKS]
    errors = torch.stack([((grid.nearest(weight) - weight).square() * importance).sum(-1) for grid in grids])
    best = errors.argmin(0)[None]
    scale, zero_point = (
        torch.stack([getattr(grid, name).squeeze(-1) for grid in grids]).gather(0, best)[0]
        for name in ("scale", "zero_point")
    )
    return Grid(scale, zero_point, *levels(args))


def _spanning(weight_OGS: Tensor, args: QuantizationArgs, dtype: torch.dtype) -> Grid:
    """The grid whose ends are the least and the greatest weight of each group; zero is always on it."""
    least, greatest = levels(args)
    low, high = weight_OGS.amin(-1, keepdim=True).clamp(max=0), weight_OGS.amax(-1, keepdim=True).clamp(min=0)
    span = 2 * torch.maximum(-low, high) if args.symmetric else high - low
    tiny = torch.finfo(dtype).tiny
    scale = (span / (greatest - least)).to(dtype).float().clamp(min=tiny)
    zero_point = torch.zeros_like(scale) if args.symmetric else (least - low / scale).round()
    return Grid(scale, zero_point.clamp(least, greatest), least, greatest)


def _inverse_root(hessian_II: Tensor) -> Tensor:
    """Upper triangular U with U^T U the inverse of the Hessian (section 3.3)."""
    inverse = torch.cholesky_inverse(torch.linalg.cholesky(hessian_II))
    root: Tensor = torch.linalg.cholesky(inverse, upper=True)
    return root


def _round_columns(weight_OI: Tensor, upper_II: Tensor, grids: list[Grid]) -> Tensor:
    """Algorithm 1 of the paper; a grid for each column."""
    weight = weight_OI.clone()
    columns = weight.shape[1]
    for start in range(0, columns, BLOCK):
        stop = min(start + BLOCK, columns)
        errors = torch.zeros_like(weight[:, start:stop])
        for column in range(start, stop):
            nearest = grids[column].nearest(weight[:, column])
            error = (weight[:, column] - nearest) / upper_II[column, column]
            weight[:, column + 1 : stop] -= error[:, None] * upper_II[column, column + 1 : stop]
            weight[:, column], errors[:, column - start] = nearest, error
        weight[:, stop:] -= errors @ upper_II[start:stop, stop:]
    return weight
