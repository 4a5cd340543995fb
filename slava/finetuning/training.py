"""The steps of a training, on one worker of several."""

import math
import time

import numpy as np
import torch
import torch.distributed as dist
from torch import nn
from transformers import get_cosine_schedule_with_warmup

from slava.finetuning.batches import Batch
from slava.finetuning.config import FinetuneConfig
from slava.finetuning.feeder import Worker
from slava.finetuning.mixture import Losses, MixtureModel

WARM_UP = 0.05
CLIP = 1.0


class TrainingError(RuntimeError):
    """A training that cannot go on; the message says what to change."""


class Trainer:
    """Optimizer, schedule and the step; `wrapped` is the mixture behind DDP or FSDP2."""

    def __init__(self, config: FinetuneConfig, mixture: MixtureModel, wrapped: nn.Module, steps: int) -> None:
        self.config, self.mixture, self.wrapped, self.steps = config, mixture, wrapped, steps
        # transformers recomputes in training mode alone, and without a word not at all in the other.
        mixture.model.train(config.recompute)
        gate = [value for value in mixture.gate.parameters() if value.requires_grad]
        ours = {id(value) for value in gate}
        rest = [v for v in mixture.parameters() if v.requires_grad and id(v) not in ours]
        groups = [{"params": rest, "lr": config.expert_rate}, {"params": gate, "lr": config.gate_rate}]
        self.parameters = rest + gate
        self.optimizer = torch.optim.AdamW([g for g in groups if g["params"]], weight_decay=0.0)
        self.schedule = get_cosine_schedule_with_warmup(self.optimizer, int(WARM_UP * steps) + 1, steps + 1)

    def go_on_from(self, step: int) -> None:
        """Bring the learning rates to where they are before this step."""
        for _ in range(step):
            self.schedule.step()

    def step(self, number: int, batch: Batch, worker: Worker) -> dict[str, float]:
        """One step; the losses over all workers. Raises TrainingError when they are not finite."""
        began = time.perf_counter()
        self.mixture.routing.rank = step_rank(self.config, number)
        losses: Losses = self.wrapped(batch)
        losses.total(self.config.matching_weight, self.config.balance_weight).backward()
        if number < self.config.shared * self.steps:
            for layer in self.mixture.layers.values():
                layer.share_gradients()
        nn.utils.clip_grad_norm_(self.parameters, CLIP)
        told = _over_workers(losses, worker)
        if not all(math.isfinite(value) for value in told.values()):
            raise TrainingError(
                f"step {number}: the loss is no longer finite ({told}): lower --expert-rate, "
                "and begin in an empty --output"
            )
        self.optimizer.step()
        self.schedule.step()
        self.optimizer.zero_grad(set_to_none=True)
        return {"step": number, **told, "seconds": round(time.perf_counter() - began, 3)}


def step_rank(config: FinetuneConfig, step: int) -> int:
    """The rank in use at a step. Half of the steps use all of it: it is what is served by default."""
    smaller = [config.rank >> shift for shift in range(1, config.rank.bit_length())]
    rng = np.random.default_rng([config.seed, step, 1])
    if not config.nested_ranks or not smaller or rng.random() < 0.5:
        return config.rank
    return int(rng.choice(smaller))


def _over_workers(losses: Losses, worker: Worker) -> dict[str, float]:
    values = torch.stack(
        [losses.language.detach(), losses.matching.detach(), losses.balance.detach()]
    ).float()
    if worker.size > 1:
        dist.all_reduce(values)
        values /= worker.size
    return dict(zip(("language", "matching", "balance"), values.tolist(), strict=True))
