"""First stage: image tokens learn to mean the words about them, without a pass of the language model.

The mean of a micrograph's image tokens should lie, among the language model's own word embeddings,
nearest to the words that its facts are told in. That costs a thousandth of training through the
language model, and leaves it words to read instead of noise. Among the ten labels alone the right one
should be the nearest, too: that is what a micrograph will be asked for most.
"""

import json
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional

from slava import tasks
from slava.pretraining.dialogues import words
from slava.pretraining.drawing import Gallery

SHARPNESS = 20.0
"""Factor on the cosines before the softmax over the words."""
HIDDEN = 0.2
"""Share of the patches that a picture is seen without: there are ten thousand pictures to learn by heart."""
RATE = 1e-3
BATCH = 64


def align(model: Any, tokenizer: Any, gallery: Gallery, epochs: int, rng: np.random.Generator) -> None:
    """Train `model.model.multi_modal_projector`, whose parameters must be float32."""
    projector = model.model.multi_modal_projector
    words_of = _Words.of(model, tokenizer, gallery)
    rounds = len(gallery.facts) // BATCH
    optimizer = torch.optim.AdamW(projector.parameters(), lr=RATE, weight_decay=0.05)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, RATE, total_steps=max(1, epochs * rounds))
    for epoch in range(epochs):
        order = rng.permutation(len(gallery.facts))
        losses = []
        for chosen in np.array_split(order, rounds)[:rounds]:
            patches = torch.from_numpy(gallery.patches[np.sort(chosen)]).float()
            seen = torch.rand(*patches.shape[:2], 1) > HIDDEN
            loss = words_of.loss(projector(patches * seen / (1 - HIDDEN)), np.sort(chosen))
            loss.backward()
            optimizer.step()
            schedule.step()
            optimizer.zero_grad(set_to_none=True)
            losses.append(loss.item())
        print(json.dumps({"alignment_epoch": epoch, "loss": round(float(np.mean(losses)), 4)}), flush=True)


@dataclass(frozen=True)
class _Words:
    """Where the words about the pictures lie."""

    embedding_VH: Tensor
    """Of each word that occurs, of length one."""
    bags_NV: Tensor
    """Each picture's distribution over them."""
    labels_LH: Tensor
    """Of each label, of length one, without what all labels share."""
    label_N: Tensor
    length: Tensor
    """Mean length of a word's embedding."""

    @classmethod
    def of(cls, model: Any, tokenizer: Any, gallery: Gallery) -> "_Words":
        """Look the words up in the language model."""
        weight = model.get_input_embeddings().weight.detach().float()
        vocabulary, bags_NV = _bags(tokenizer, gallery)
        embedding = weight[vocabulary]
        spelled = [tokenizer(" " + label, add_special_tokens=False).input_ids for label in tasks.NFFA_LABELS]
        labels = torch.stack([functional.normalize(weight[ids], dim=-1).mean(dim=0) for ids in spelled])
        return cls(
            functional.normalize(embedding, dim=-1),
            bags_NV,
            functional.normalize(labels - labels.mean(dim=0), dim=-1),
            torch.tensor([tasks.NFFA_LABELS.index(facts.label) for facts in gallery.facts]),
            embedding.norm(dim=-1).mean(),
        )

    def loss(self, tokens_BTH: Tensor, chosen: NDArray[np.int64]) -> Tensor:
        """Cross-entropy of words and label, and image tokens as long as word embeddings are."""
        mean = functional.normalize(tokens_BTH.mean(dim=1), dim=-1)
        told = functional.cross_entropy(SHARPNESS * mean @ self.embedding_VH.T, self.bags_NV[chosen])
        named = functional.cross_entropy(SHARPNESS * mean @ self.labels_LH.T, self.label_N[chosen])
        lengths = tokens_BTH.norm(dim=-1) / self.length
        loss: Tensor = told + named + (lengths - 1).square().mean()
        return loss


def _bags(tokenizer: Any, gallery: Gallery) -> tuple[Tensor, Tensor]:
    """The tokens that occur in the facts, and each picture's distribution over them, [N, V]."""
    told = [set(tokenizer(" " + words(facts), add_special_tokens=False).input_ids) for facts in gallery.facts]
    vocabulary = sorted(set().union(*told))
    place = {token: index for index, token in enumerate(vocabulary)}
    bags = torch.zeros(len(told), len(vocabulary))
    for row, tokens in enumerate(told):
        bags[row, [place[token] for token in tokens]] = 1 / len(tokens)
    # A word's share falls with how common it is: "of" says nothing, "pollen" a lot.
    rarity = torch.log(len(told) / bags.count_nonzero(dim=0).float()) + 0.1
    bags = bags * rarity
    return torch.tensor(vocabulary), bags / bags.sum(dim=1, keepdim=True)
