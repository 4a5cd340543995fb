"""Several LoRA adapters in one batch on CPU, with base rows among them.

vLLM's own `PunicaWrapperCPU` (0.29) copies the adapter for each row, and gives base rows the adapter
of the last slot (vllm#48421, #49656). Here the rows of an adapter are multiplied as a group, so that
slots which are empty or not in the batch cost nothing.

Only linear layers are repaired; `slava.vllm.engine` has adapters on nothing else.
"""

from functools import cache
from typing import Any

import torch
from torch import Tensor
from vllm.lora.punica_wrapper.punica_cpu import PunicaWrapperCPU


class GroupedPunicaWrapper(PunicaWrapperCPU):  # type: ignore[misc]
    """Which rows of the batch have which adapter, and what the adapters add to a layer's output."""

    rows: Tensor
    """The rows that have an adapter, those of one slot beside each other; base rows are not among them."""
    groups: list[tuple[int, int]]
    """The slots in the batch, in the order of `rows`, each with the number of its rows."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        # In a batch of few rows, making these views anew takes as long as the products.
        self._by_slot = cache(_by_slot)

    def update_metadata(self, *args: Any, **kwargs: Any) -> None:
        super().update_metadata(*args, **kwargs)
        slots = self.token_lora_indices
        found, counts = slots.unique(return_counts=True)
        self.groups = [
            (slot, count) for slot, count in zip(found.tolist(), counts.tolist(), strict=True) if slot >= 0
        ]
        self.rows = slots.argsort(stable=True)[int((slots < 0).sum()) :]

    def add_lora_linear(
        self,
        y: Tensor,
        x: Tensor,
        lora_a_stacked: tuple[Tensor, ...],
        lora_b_stacked: tuple[Tensor, ...],
        scale: float,
        output_slices: tuple[int, ...],
        **_: Any,
    ) -> None:
        """Add `scale * B A x` of each row's own adapter to `y` [N, sum(output_slices)], in place.

        `x` is [N, in]; a packed layer (q, k and v; gate and up) has for each of its slices one A
        [slots, 1, rank, in] and one B [slots, 1, out, rank].
        """
        if not self.groups:
            return
        a_slots, b_slots = self._by_slot(lora_a_stacked), self._by_slot(lora_b_stacked)
        counts = [count for _, count in self.groups]
        # Gathered and added once for all adapters, not for each.
        delta = y.new_empty(len(self.rows), sum(output_slices))
        parts = zip(self.groups, x.index_select(0, self.rows).split(counts), delta.split(counts), strict=True)
        for (slot, _count), own, wide in parts:
            # One narrow product for all slices: three would take twice as long.
            narrow = torch.mm(own, torch.cat(a_slots[slot]).T).chunk(len(output_slices), dim=1)
            for shrunk, b, part in zip(narrow, b_slots[slot], wide.split(output_slices, dim=1), strict=True):
                torch.mm(shrunk, b.T, out=part)
        y.index_add_(0, self.rows, delta, alpha=scale)


def _by_slot(stacked: tuple[Tensor, ...]) -> list[list[Tensor]]:
    """The matrices of each slot: views of the layer's memory, in which vLLM replaces adapters in place."""
    return [[matrix[0] for matrix in slot] for slot in zip(*(each.unbind() for each in stacked), strict=True)]
