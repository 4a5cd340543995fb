"""The rows of few-shot heads and baselines: the table's part that needs no language model."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np

from slava.evaluation import baselines
from slava.evaluation.config import EvaluateConfig
from slava.evaluation.features import picture, tower_features
from slava.evaluation.few_shot import Learner, Places, draws, head_predictions, learner_predictions
from slava.evaluation.labelled import Divided, LabelledImages
from slava.evaluation.predictions import Predictions
from slava.evaluation.prototypes import PrototypeHead
from slava.evaluation.shots import Sampling
from slava.evaluation.summary import Entry, classification_entry

LEARNERS: dict[str, Learner] = {
    "nearest class mean": baselines.nearest_mean,
    "nearest neighbour": baselines.nearest_neighbour,
    "linear probe": baselines.linear_probe,
}


class Laboratory:
    """Learns from the pool and judges the scored images, on one model's tower."""

    def __init__(
        self, config: EvaluateConfig, model: str, data: Divided, checkpoint: Path, cache: Path
    ) -> None:
        self.config, self.model, self.data = config, model, data
        self.cache = cache
        self.scored = tower_features(data.scored.uris, checkpoint, cache)
        self.pool = tower_features(data.pool.uris, checkpoint, cache)

    def heads(self) -> Iterator[Entry]:
        """The prototype head with each way of sampling."""
        labels, pool, scored = self.data.scored.labels, self.data.pool, self.data.scored
        for sampling in self.config.sampling:
            shown = self.shown(sampling, self.config.episodes)
            found = head_predictions(
                labels, self.pool.mean_patch, pool.truth, self.scored.mean_patch, scored.truth, shown
            )
            if sampling == "by-class":
                self._keep(shown[0][0])
            name = f"prototype head on features, {self.config.shots} a class, {sampling}"
            yield self._entry(name, found, self._labelled(sampling))

    def baselines(self) -> Iterator[Entry]:
        """Nearest neighbour and linear probe on the pooled features, and a network from scratch."""
        everything = [np.arange(len(self.data.pool))[None]]
        if self.config.shots:
            few = self.shown("by-class", self.config.episodes)
            for name, learner in LEARNERS.items():
                title = f"{name} on pooled features, {self.config.shots} a class, by-class"
                yield self._entry(title, self._judged(learner, few), few[0].shape[1])
        for name, learner in LEARNERS.items():
            found = self._judged(learner, everything)
            yield self._entry(f"{name} on pooled features, all labels", found, len(self.data.pool))
        yield self._entry("small CNN from scratch, all labels", self._small_cnn(), len(self.data.pool))

    def shown(self, sampling: Sampling, episodes: int) -> list[Places]:
        """The draws of one way of sampling, [Q, S] each."""
        return draws(
            sampling,
            self.pool.mean_patch,
            self.data.pool.truth,
            self.scored.mean_patch,
            self.config.shots or 0,
            episodes,
            self.config.seed,
        )

    def _keep(self, examples: Places) -> None:
        """The head of the first draw, for those who want to use it."""
        truth = self.data.pool.truth[examples]
        head = PrototypeHead.of(self.data.pool.labels, self.pool.mean_patch[examples], truth)
        head.save(self.cache / f"{Path(self.model).name}-prototypes.safetensors")

    def _labelled(self, sampling: Sampling) -> int:
        few = (self.config.shots or 0) * len(self.data.scored.labels)
        return len(self.data.pool) if sampling == "similar" else few

    def _judged(self, learner: Learner, shown: list[Places]) -> Predictions:
        pool, scored = self.data.pool, self.data.scored
        return learner_predictions(
            learner, scored.labels, self.pool.pooled, pool.truth, self.scored.pooled, scored.truth, shown
        )

    def _small_cnn(self) -> Predictions:
        from slava.evaluation.convnet import SIDE, small_cnn

        def pictures(images: LabelledImages) -> np.ndarray:
            return np.stack([picture(uri, SIDE).mean(2).astype(np.uint8) for uri in images.uris])

        pool, scored = self.data.pool, self.data.scored
        found = small_cnn(pictures(pool), pool.truth, pictures(scored), len(scored.labels))
        return Predictions(scored.labels, scored.truth, found[None])

    def _entry(self, name: str, found: Predictions, labelled: int) -> Entry:
        return classification_entry(name, self.model, found, self.data.scored.uris, labelled)
