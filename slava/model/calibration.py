"""How sure a choice is, and how sure it should be."""

import torch
from torch import Tensor
from torch.nn import functional


def accuracy(logprobs_BL: Tensor, truth_B: Tensor) -> float:
    """Share of pictures whose most probable label is the true one."""
    return (logprobs_BL.argmax(-1) == truth_B).float().mean().item()


def fit_temperature(logprobs_BL: Tensor, truth_B: Tensor) -> float:
    """The temperature with the least negative log-likelihood (Guo et al. 2017), by a fine grid."""
    grid = torch.linspace(0.5, 5, 181)
    losses = [functional.cross_entropy(logprobs_BL / t, truth_B).item() for t in grid]
    return round(float(grid[int(torch.tensor(losses).argmin())]), 3)


def calibration_error(logprobs_BL: Tensor, truth_B: Tensor, temperature: float, bins: int = 15) -> float:
    """Expected calibration error of the top label, with equal-width bins."""
    confidence, label = (logprobs_BL / temperature).softmax(-1).max(-1)
    right = (label == truth_B).float()
    slot = (confidence * bins).long().clamp(max=bins - 1)
    gaps = [
        (slot == i).float().mean() * (right[slot == i].mean() - confidence[slot == i].mean()).abs()
        for i in slot.unique()
    ]
    return float(torch.stack(gaps).sum())
