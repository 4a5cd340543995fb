"""Answers that do not fit their image: the hardest of what is at hand (after ALBEF, section 3.2)."""

from collections.abc import Sequence

import torch
from torch import Tensor
from torch.nn import functional


class ClassMeans:
    """Mean features of each class, so that an image has other classes to be mistaken for, in any batch."""

    def __init__(self, labels: Sequence[str], features_NF: Tensor, of: Sequence[str | None]) -> None:
        self.labels = list(labels)
        rows = {label: [n for n, found in enumerate(of) if found == label] for label in self.labels}
        self.means_LF = torch.stack([features_NF[rows[label]].mean(dim=0) for label in self.labels])


def hardest_answers(answers: Sequence[str], features_BF: Tensor, means: ClassMeans | None) -> list[str]:
    """For each row, the other answer whose image is most like its own: of the batch or of another class.

    A row to which nothing else was answered anywhere gets an empty one.
    """
    pool = list(answers) + (means.labels if means else [])
    features = torch.cat([features_BF, means.means_LF]) if means else features_BF
    alike = functional.normalize(features_BF, dim=-1) @ functional.normalize(features, dim=-1).T
    for row, answer in enumerate(answers):
        alike[row, [place for place, other in enumerate(pool) if other == answer]] = -torch.inf
    best = alike.max(dim=-1)
    return [
        pool[place] if value > -torch.inf else ""
        for value, place in zip(best.values.tolist(), best.indices.tolist(), strict=True)
    ]
