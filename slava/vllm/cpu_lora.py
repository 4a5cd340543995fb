"""Several LoRA adapters in one batch on CPU, with base rows among them.

vLLM's own `PunicaWrapperCPU` (0.29) copies the adapter for each row, and gives base rows the adapter
of the last slot (vllm#48421, #49656). Here slots which are empty or not in the batch cost nothing, and
the others are multiplied in one of two ways: a small batch by all adapters at once, with the products masked
that a row has no right to; a large one in groups, the rows of each adapter by its own.

Only linear layers are repaired; `slava.vllm.engine` has adapters on nothing else.
"""

from functools import cache
from typing import Any

import torch
from torch import Tensor
from vllm.lora.punica_wrapper.punica_cpu import PunicaWrapperCPU

Slots = list[list[Tensor]]
"""The matrices of each slot, one a slice."""
MASKED_CELLS = 2**16
"""Rows times the adapters' joint rank, up to which products are masked. On two cores, four adapters of rank 8
took 0.6 of the groups' time for 64 rows and 0.7 for 2,048; eight of rank 16, 0.7 and 1.5."""


class GroupedPunicaWrapper(PunicaWrapperCPU):  # type: ignore[misc]
    """Which rows of the batch have which adapter, and what the adapters add to a layer's output."""

    groups: list[tuple[int, int]]
    """The slots in the batch, each with the number of its rows."""
    strangers_NS: Tensor
    """Whether a row has another adapter than that of each of these slots, or none."""
    rows: Tensor
    """The rows that have an adapter, in the order of the groups; base rows are not among them."""
    places: Tensor
    """Of each row of the batch, where it stands in `rows`; of a base row, one behind the last."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        # In a batch of few rows, making these views anew takes as long as the products.
        self._by_slot = cache(_by_slot)

    def update_metadata(self, *args: Any, **kwargs: Any) -> None:
        super().update_metadata(*args, **kwargs)
        slots = self.token_lora_indices
        found, counts = slots[slots >= 0].unique(return_counts=True)
        self.groups = list(zip(found.tolist(), counts.tolist(), strict=True))
        self.strangers_NS = slots[:, None] != found
        self.rows = slots.argsort(stable=True)[int((slots < 0).sum()) :]
        self.places = torch.full_like(slots, len(self.rows))
        self.places[self.rows] = torch.arange(len(self.rows))

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
        joint_rank = len(self.groups) * lora_b_stacked[0].shape[-1]
        add = self._add_masked if len(x) * joint_rank <= MASKED_CELLS else self._add_grouped
        add(y, x, a_slots, b_slots, scale, output_slices)

    def _add_masked(
        self, y: Tensor, x: Tensor, a_slots: Slots, b_slots: Slots, scale: float, sizes: tuple[int, ...]
    ) -> None:
        """Each row by all adapters: two products a slice, whatever their number."""
        slots = [slot for slot, _ in self.groups]
        a_all = torch.cat([a_slots[slot][part] for part in range(len(sizes)) for slot in slots])
        narrow = torch.mm(x, a_all.T).view(len(x), len(sizes), len(slots), -1)
        narrow.masked_fill_(self.strangers_NS[:, None, :, None], 0)
        for part, wide in enumerate(y.split(sizes, dim=1)):
            b_all = torch.cat([b_slots[slot][part] for slot in slots], dim=1)
            wide.addmm_(narrow[:, part].flatten(1), b_all.T, alpha=scale)

    def _add_grouped(
        self, y: Tensor, x: Tensor, a_slots: Slots, b_slots: Slots, scale: float, sizes: tuple[int, ...]
    ) -> None:
        """Each row by its own adapter, gathered and added once for all adapters."""
        counts = [count for _, count in self.groups]
        delta = y.new_empty(len(self.rows) + 1, sum(sizes))
        delta[-1] = 0  # for base rows
        parts = x.index_select(0, self.rows).split(counts), delta[:-1].split(counts)
        for (slot, _count), own, wide in zip(self.groups, *parts, strict=True):
            # One narrow product for all slices: three would take twice as long.
            narrow = torch.mm(own, torch.cat(a_slots[slot]).T).chunk(len(sizes), dim=1)
            for shrunk, b, part in zip(narrow, b_slots[slot], wide.split(sizes, dim=1), strict=True):
                torch.mm(shrunk, b.T, out=part)
        # Not by index_add_, which takes one row after the other, on one core.
        y.add_(delta.index_select(0, self.places), alpha=scale)


def _by_slot(stacked: tuple[Tensor, ...]) -> Slots:
    """The matrices of each slot: views of the layer's memory, in which vLLM replaces adapters in place."""
    return [[matrix[0] for matrix in slot] for slot in zip(*(each.unbind() for each in stacked), strict=True)]
