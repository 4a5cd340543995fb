"""Which experts answer about a micrograph: between the vision tower and the engine."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import torch
from torch import Tensor

from slava.mope.expert_set import ExpertSet, Mixture
from slava.mope.gate import Gate
from slava.screening.records import Row


@dataclass(frozen=True)
class Router:
    """Asks the gate for each micrograph, or takes the expert that was pinned."""

    experts: ExpertSet
    question_H: Tensor
    """What the gate sees of the question (slava.mope.question_features)."""
    pinned: str | None = None

    @cached_property
    def gate(self) -> Gate:
        """Read where it is used: in the worker of the vision tower."""
        return self.experts.gate()

    @torch.inference_mode()
    def __call__(self, pooled_BP: Tensor) -> list[tuple[Mixture, Row]]:
        """For each micrograph what answers, and what the results say of it."""
        asked_BH = self.question_H.expand(len(pooled_BP), -1)
        probabilities_BE = self.gate(torch.cat([pooled_BP, asked_BH], dim=-1))
        weights_BE = self.gate.service_weights(probabilities_BE)
        pairs = zip(probabilities_BE.tolist(), weights_BE.tolist(), strict=True)
        return [self._route(probabilities, weights) for probabilities, weights in pairs]

    def _route(self, probabilities: Sequence[float], weights: Sequence[float]) -> tuple[Mixture, Row]:
        experts = self.experts
        mixture = experts.pinned(self.pinned) if self.pinned else experts.mixture(weights)
        scores = sorted(zip(experts.names, probabilities, strict=True), key=lambda pair: -pair[1])
        told: dict[str, Any] = {
            "expert": mixture.name,
            "adapter_digest": mixture.digest,
            "gate": [{"expert": name, "score": score} for name, score in scores],
        }
        return mixture, told
