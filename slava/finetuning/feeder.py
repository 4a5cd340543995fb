"""From a step's number to its batch: the same on every machine, at every start."""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from slava.finetuning.batches import Batch, Tokens, lay_out
from slava.finetuning.config import FinetuneConfig
from slava.finetuning.curriculum import Curriculum, Item
from slava.finetuning.features import FeatureStore
from slava.finetuning.negatives import ClassMeans, hardest_answers


@dataclass(frozen=True)
class Worker:
    """Which of how many."""

    rank: int = 0
    size: int = 1


class Feeder:
    """Makes batches of the items of a curriculum."""

    def __init__(
        self,
        config: FinetuneConfig,
        curriculum: Curriculum,
        store: FeatureStore,
        tokens: Tokens,
        question_features: Callable[[str], Tensor],
    ) -> None:
        self.config, self.curriculum, self.store, self.tokens = config, curriculum, store, tokens
        self.question_features = question_features
        self.means = self._class_means() if curriculum.labels and config.matching_weight else None

    def steps(self) -> int:
        """Of the whole training."""
        return max(1, math.ceil(self.config.epochs * len(self.curriculum.train) / self.config.batch))

    def batch(self, step: int, worker: Worker) -> Batch:
        """This worker's share of a step."""
        order = self.curriculum.order(step, self.config.batch, self.config.seed)
        return self.of([self.curriculum.train[index] for index in order[worker.rank :: worker.size]])

    def of(self, items: Sequence[Item]) -> Batch:
        """Any items as a batch."""
        places = [item.place for item in items]
        others = None
        if self.config.matching_weight:
            pooled = self.store.pooled(places)
            found = hardest_answers([item.answer for item in items], pooled, self.means)
            others = [self.tokens.answer(text) for text in found]
        return lay_out(
            [self.tokens.prompt(item) for item in items],
            [self.tokens.answer(item.answer) for item in items],
            others,
            self.store.tokens(places),
            self.features(items),
        )

    def features(self, items: Sequence[Item]) -> Tensor:
        """What the gate sees, [B, F]."""
        asked = torch.stack([self.question_features(item.question) for item in items])
        return torch.cat([self.store.pooled([item.place for item in items]), asked], dim=-1)

    def _class_means(self) -> ClassMeans:
        train = self.curriculum.train
        pooled = self.store.pooled([item.place for item in train])
        return ClassMeans(self.curriculum.labels, pooled, [item.label for item in train])
