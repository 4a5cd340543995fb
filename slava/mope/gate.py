"""The gate: from what a micrograph looks like and what is asked to the weights of the experts.

DyA-MoPE's dynamic half, our reading: one choice a sample, shared by all layers; the k most probable
experts of a softmax, renormalized (Shazeer et al. 2017, section 2.1). In service the weights come in
steps, so that each mixture that occurs is one of a few adapters.
"""

import torch
from torch import Tensor, nn

STEPS = 4
"""Weights in service are quarters: two experts then make three mixtures beside themselves."""


class Gate(nn.Module):
    """A linear layer over standardized features, [B, F] to logits [B, E].

    F is the pooled features of the vision tower beside the mean word embedding of the question.
    """

    def __init__(self, features: int, experts: int, top_k: int) -> None:
        super().__init__()
        self.top_k = top_k
        self.mean_F: Tensor
        self.register_buffer("mean_F", torch.zeros(features))
        self.spread_F: Tensor
        self.register_buffer("spread_F", torch.ones(features))
        self.linear = nn.Linear(features, experts)
        # Features that never varied in training stay without a say, whatever comes later.
        nn.init.zeros_(self.linear.weight)
        nn.init.zeros_(self.linear.bias)

    def standardize(self, features_BF: Tensor) -> Tensor:
        """Each feature with mean 0 and spread 1 over the training data."""
        return (features_BF - self.mean_F) / self.spread_F

    def forward(self, features_BF: Tensor) -> Tensor:
        """Probabilities [B, E]."""
        logits: Tensor = self.linear(self.standardize(features_BF))
        return logits.softmax(-1)

    def weights(self, probabilities_BE: Tensor) -> Tensor:
        """The top k, renormalized; zero elsewhere."""
        top, places = probabilities_BE.topk(self.top_k, dim=-1)
        shares = top / top.sum(-1, keepdim=True)
        return torch.zeros_like(probabilities_BE).scatter(-1, places, shares)

    @torch.no_grad()
    def service_weights(self, probabilities_BE: Tensor) -> Tensor:
        """The top k in steps of 1 / STEPS; the same at every place that serves, and in evaluation."""
        return in_steps(self.weights(probabilities_BE), STEPS)


def in_steps(weights_BE: Tensor, steps: int) -> Tensor:
    """Weights that sum to one, rounded to multiples of 1 / steps that do too (largest remainders)."""
    scaled = weights_BE.double() * steps
    whole = scaled.floor()
    left = (steps - whole.sum(-1, keepdim=True)).round().long()
    order = (scaled - whole).argsort(dim=-1, descending=True, stable=True)
    rank = order.argsort(dim=-1)
    return ((whole + (rank < left)) / steps).to(weights_BE.dtype)


def balance_loss(probabilities_BE: Tensor) -> Tensor:
    """1 when the experts are used evenly, up to E when one takes all (Fedus et al. 2022, section 2.2)."""
    experts = probabilities_BE.shape[1]
    chosen = nn.functional.one_hot(probabilities_BE.argmax(-1), experts).to(probabilities_BE.dtype)
    return experts * (chosen.mean(0) * probabilities_BE.mean(0)).sum()
