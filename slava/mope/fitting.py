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
"""At most; it is at its end before."""
WEIGHT_DECAY = 1e-4


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
    known, new = wider.standardize(known_NF), wider.standardize(new_NF)
    with torch.no_grad():
        # For what is known it must stay below the last of those that answer; for the new, above the first.
        last = gate.linear(known).topk(gate.top_k, dim=-1).values[:, -1]
        first = gate.linear(new).amax(dim=-1)
    weight_F, bias_1 = _logit_between(known, last, new, first)
    with torch.no_grad():
        wider.linear.weight.copy_(torch.cat([gate.linear.weight, weight_F[None]]))
        wider.linear.bias.copy_(torch.cat([gate.linear.bias, bias_1]))
    return wider


def _logit_between(
    known_NF: Tensor, last_N: Tensor, new_NF: Tensor, first_N: Tensor
) -> tuple[Tensor, Tensor]:
    """Weights [F] and bias [1] of a logit below `last_N` for what is known, above `first_N` for the new.

    Solved to its end, for the least weights that do. Adam's steps are as long for a feature that hardly
    varies as for any other: after 300 of them the words of the questions weighed seven times what the
    pictures did, and up to a fifth of known pictures that the fit had not seen went to the new expert.
    """
    weight_F = torch.zeros(known_NF.shape[1], requires_grad=True)
    bias_1 = torch.zeros(1, requires_grad=True)
    solver = torch.optim.LBFGS([weight_F, bias_1], max_iter=WIDENING_STEPS, line_search_fn="strong_wolfe")

    def loss() -> float:
        solver.zero_grad()
        above = functional.softplus(known_NF @ weight_F + bias_1 - last_N + MARGIN).mean()
        below = functional.softplus(first_N - new_NF @ weight_F - bias_1 + MARGIN).mean()
        total = above + below + WEIGHT_DECAY * weight_F.square().sum()
        total.backward()
        return total.item()

    solver.step(loss)
    return weight_F.detach(), bias_1.detach()
