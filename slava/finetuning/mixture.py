"""The model in training: the frozen base, its experts, the gate, the matching head, and the losses."""

from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional

from slava.finetuning.batches import IGNORED, Batch
from slava.mope.gate import Gate, balance_loss
from slava.mope.layers import MixtureLinear, Routing, adapt, mixture_layers


@dataclass(frozen=True)
class Losses:
    """Each a scalar, a mean over the samples."""

    language: Tensor
    matching: Tensor
    balance: Tensor

    def total(self, matching_weight: float, balance_weight: float) -> Tensor:
        """What is minimized."""
        return self.language + matching_weight * self.matching + balance_weight * self.balance


class MixtureModel(nn.Module):
    """DyA-MoPE around a sLAVA model. Its forward pass gives the losses of a batch."""

    def __init__(self, model: Any, gate: Gate, experts: list[str], rank: int, scale: float) -> None:
        super().__init__()
        self.routing: Routing = adapt(model.model.language_model, experts, rank, scale)
        self.model = model
        self.gate = gate
        # In bfloat16 most of an optimizer's small steps would be lost.
        model.matching_head.float()

    @property
    def layers(self) -> dict[str, MixtureLinear]:
        """The layers with experts."""
        return mixture_layers(self.model.model.language_model)

    def forward(self, batch: Batch) -> Losses:
        probabilities_BE = self.gate(batch.features_BF)
        self.routing.weights_BE = self.gate.weights(probabilities_BE)
        states_BTH = self._states(batch)
        return Losses(
            self._language_loss(states_BTH, batch.targets_BT),
            self._matching_loss(states_BTH, batch.ends_B2),
            balance_loss(probabilities_BE),
        )

    def answer_loss(self, batch: Batch) -> Tensor:
        """The language-modelling loss, with the weights that the routing has."""
        return self._language_loss(self._states(batch), batch.targets_BT)

    def _states(self, batch: Batch) -> Tensor:
        embeds = self.model.model.merge_inputs(batch.ids_BT, batch.image_tokens_BNH)
        mask = None
        if batch.mask_B1TT is not None:
            # Llama takes a mask that is ready to be added.
            least = torch.finfo(embeds.dtype).min
            mask = torch.zeros_like(batch.mask_B1TT, dtype=embeds.dtype).masked_fill(~batch.mask_B1TT, least)
        states: Tensor = self.model.model.language_model(
            inputs_embeds=embeds, attention_mask=mask, position_ids=batch.positions_BT, use_cache=False
        ).last_hidden_state
        return states

    def _language_loss(self, states_BTH: Tensor, targets_BT: Tensor) -> Tensor:
        """Cross-entropy a token, averaged within each sample and then over them: workers then agree."""
        told = targets_BT[:, 1:] != IGNORED
        logits = self.model.lm_head(states_BTH[:, :-1][told])
        each = functional.cross_entropy(logits.float(), targets_BT[:, 1:][told], reduction="none")
        rows = told.nonzero()[:, 0]
        sums = torch.zeros(len(told), device=each.device).index_add(0, rows, each)
        return (sums / told.sum(dim=1)).mean()

    def _matching_loss(self, states_BTH: Tensor, ends_B2: Tensor | None) -> Tensor:
        """Binary cross-entropy of the matching head on the end of a fitting and of another answer."""
        if ends_B2 is None:
            return states_BTH.new_zeros(())
        rows = torch.arange(len(ends_B2), device=ends_B2.device)[:, None]
        logits_B2 = self.model.matching_head(states_BTH[rows, ends_B2].float()).squeeze(-1)
        targets = torch.tensor([1.0, 0.0], device=logits_B2.device).expand_as(logits_B2)
        return functional.binary_cross_entropy_with_logits(logits_B2, targets)
