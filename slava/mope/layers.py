"""A frozen linear layer with a mixture of LoRA experts on it (DyA-MoPE: the experts' half).

y = W x + s * sum_e g_e B_e A_e x. The weights g are those of the sample, the same in every layer, so a
trained expert is an ordinary LoRA adapter, and a mixture of experts is one adapter of their joint rank
(slava.mope.composition). All experts are computed at once and masked: their ranks are small, and a loop
over them costs more than it saves.
"""

import math
from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional

from slava.model.linear_layers import LINEAR_LAYERS


class Routing:
    """What every layer of one model looks up at each pass: the samples' weights, and the rank in use."""

    def __init__(self, rank: int) -> None:
        self.weights_BE: Tensor | None = None
        """None: the base alone."""
        self.rank = rank
        """Nested ranks: only the first so many directions of each expert take part (DyLoRA, section 3)."""


class MixtureLinear(nn.Module):
    """A linear layer, frozen, and its experts."""

    def __init__(self, base: nn.Linear, experts: Sequence[str], rank: int, scale: float, routing: Routing):
        super().__init__()
        self.base, self.rank, self.scale, self.routing = base, rank, scale, routing
        self.lora_A, self.lora_B = nn.ParameterDict(), nn.ParameterDict()
        for name in experts:
            self.add_expert(name)

    def add_expert(self, name: str) -> None:
        """One more expert, which changes nothing yet: its B is zero (LoRA, section 4.1)."""
        a_RI = torch.empty(self.rank, self.base.in_features)
        nn.init.kaiming_uniform_(a_RI, a=math.sqrt(5))
        self.lora_A[name] = nn.Parameter(a_RI)
        self.lora_B[name] = nn.Parameter(torch.zeros(self.base.out_features, self.rank))

    def begin_alike(self) -> None:
        """Give all experts the first one's weights."""
        for part in (self.lora_A, self.lora_B):
            first, *others = part.values()
            for other in others:
                other.data.copy_(first.data)

    def share_gradients(self) -> None:
        """Give all experts their mean gradient: those that are alike learn as one."""
        for part in (self.lora_A, self.lora_B):
            # Not stacked: under FSDP2 each is a DTensor.
            total = sum(value.grad for value in part.values())
            for value in part.values():
                value.grad = total / len(part)

    def forward(self, x_BTI: Tensor) -> Tensor:
        y_BTO: Tensor = self.base(x_BTI)
        weights_BE, rank = self.routing.weights_BE, self.routing.rank
        if weights_BE is None:
            return y_BTO
        a_MI = torch.cat([a[:rank] for a in self.lora_A.values()])
        b_OM = torch.cat([b[:, :rank] for b in self.lora_B.values()], dim=1)
        mask_BM = self.scale * weights_BE.repeat_interleave(rank, dim=1)
        x_BTI = x_BTI.to(a_MI.dtype)
        mixed_BTM = functional.linear(x_BTI, a_MI) * mask_BM.to(a_MI.dtype)[:, None]
        return y_BTO + functional.linear(mixed_BTM, b_OM).to(y_BTO.dtype)


def adapt(language_model: Any, experts: Sequence[str], rank: int, scale: float) -> Routing:
    """Put experts on every linear layer of a Llama, in place; the routing they all look at.

    Everything that was there is frozen.
    """
    language_model.requires_grad_(False)
    routing = Routing(rank)
    for layer in language_model.layers:
        for block in (layer.self_attn, layer.mlp):
            for name, child in list(block.named_children()):
                if name in LINEAR_LAYERS:
                    setattr(block, name, MixtureLinear(child, experts, rank, scale, routing))
    return routing


def mixture_layers(language_model: Any) -> dict[str, MixtureLinear]:
    """The layers with experts by their name in the language model, `layers.0.self_attn.q_proj` and so on."""
    modules = language_model.named_modules()
    return {name: module for name, module in modules if isinstance(module, MixtureLinear)}
