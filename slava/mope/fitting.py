"""A gate's beginning, and its widening: both from features alone, before and after the experts train."""

import numpy as np
import torch
from scipy.cluster.vq import kmeans2
from torch import Tensor
from torch.nn import functional

from slava.mope.gate import Gate

MARGIN = 2.0
"""Median difference of the two highest logits at the beginning: clear, but open to learning."""
WIDENING_STEPS = 300


def begin_gate(features_NF: Tensor, experts: int, top_k: int, seed: int) -> Gate:
    """A gate whose experts begin as clusters of the training data.

    A gate that begins at random sends everything everywhere until its experts differ, and they differ
    only once it does not: the clusters break that circle.
    """
    gate = Gate(features_NF.shape[1], experts, top_k)
    spread = features_NF.std(dim=0, correction=0)
    gate.mean_F = features_NF.mean(dim=0)
    gate.spread_F = torch.where(spread > 1e-4, spread, 1.0)
    if experts > 1:
        known = gate.standardize(features_NF)
        centres, _ = kmeans2(known.double().numpy(), experts, minit="++", rng=np.random.default_rng(seed))
        _point_at(gate, torch.from_numpy(centres).float(), known)
    return gate


def _point_at(gate: Gate, centres_EF: Tensor, known_NF: Tensor) -> None:
    """Logits fall with the squared distance to each centre."""
    weight, bias = 2 * centres_EF, -centres_EF.square().sum(-1)
    top = (known_NF @ weight.T + bias).topk(2, dim=-1).values
    sharpness = MARGIN / (top[:, 0] - top[:, 1]).median().clamp(min=1e-6)
    gate.linear.weight.data = weight * sharpness
    gate.linear.bias.data = bias * sharpness


def widen_gate(gate: Gate, known_NF: Tensor, new_NF: Tensor) -> Gate:
    """A gate with one more expert, for features like `new_NF`; those like `known_NF` go where they went.

    The old rows stay as they are; the new one is fitted to tell the two apart.
    """
    experts, width = gate.linear.weight.shape
    wider = Gate(width, experts + 1, gate.top_k)
    wider.mean_F, wider.spread_F = gate.mean_F, gate.spread_F
    with torch.no_grad():
        wider.linear.weight[:experts], wider.linear.bias[:experts] = gate.linear.weight, gate.linear.bias
    known, new = wider.standardize(known_NF), wider.standardize(new_NF)
    with torch.no_grad():
        # For what is known it must stay below the last of those that answer; for the new, above the first.
        last = gate.linear(known).topk(gate.top_k, dim=-1).values[:, -1]
        first = gate.linear(new).amax(dim=-1)
    weight, bias = torch.zeros(width, requires_grad=True), torch.zeros(1, requires_grad=True)
    optimizer = torch.optim.Adam([weight, bias], lr=0.01)
    for _ in range(WIDENING_STEPS):
        above = functional.softplus(known @ weight + bias - last + MARGIN).mean()
        below = functional.softplus(first - new @ weight - bias + MARGIN).mean()
        optimizer.zero_grad()
        (above + below + 1e-4 * weight.square().sum()).backward()
        optimizer.step()
    with torch.no_grad():
        wider.linear.weight[experts], wider.linear.bias[experts] = weight, bias[0]
    return wider
