"""First stage: image tokens learn to mean the words about them, without a pass of the language model.

The mean of a micrograph's image tokens should lie, among the language model's own word embeddings,
nearest to the words that its facts are told in. That costs a thousandth of training through the
language model, and leaves it words to read instead of noise.
"""

import json
from typing import Any

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from slava.pretraining.dialogues import words
from slava.pretraining.drawing import Gallery

SHARPNESS = 20.0
"""Factor on the cosines before the softmax over the words."""
RATE = 1e-3
BATCH = 64


def align(model: Any, tokenizer: Any, gallery: Gallery, epochs: int, rng: np.random.Generator) -> None:
    """Train `model.model.multi_modal_projector`, whose parameters must be float32."""
    projector = model.model.multi_modal_projector
    vocabulary, bags_NV = _bags(tokenizer, gallery)
    embedding = model.get_input_embeddings().weight[vocabulary].detach().float()
    norm = embedding.norm(dim=-1).mean()
    rounds = len(gallery.facts) // BATCH
    optimizer = torch.optim.AdamW(projector.parameters(), lr=RATE, weight_decay=0.05)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, RATE, total_steps=max(1, epochs * rounds))
    for epoch in range(epochs):
        order = rng.permutation(len(gallery.facts))
        losses = []
        for chosen in np.array_split(order, rounds)[:rounds]:
            patches = torch.from_numpy(gallery.patches[np.sort(chosen)]).float()
            loss = _loss(projector(patches), embedding, bags_NV[np.sort(chosen)], norm)
            loss.backward()
            optimizer.step()
            schedule.step()
            optimizer.zero_grad(set_to_none=True)
            losses.append(loss.item())
        print(json.dumps({"alignment_epoch": epoch, "loss": round(float(np.mean(losses)), 4)}), flush=True)


def _loss(tokens_BTH: Tensor, embedding_VH: Tensor, bags_BV: Tensor, norm: Tensor) -> Tensor:
    """Cross-entropy of the words in the picture's bag, and image tokens as long as word embeddings are."""
    mean = functional.normalize(tokens_BTH.mean(dim=1), dim=-1)
    logits = SHARPNESS * mean @ functional.normalize(embedding_VH, dim=-1).T
    lengths = tokens_BTH.norm(dim=-1) / norm
    loss: Tensor = functional.cross_entropy(logits, bags_BV) + (lengths - 1).square().mean()
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
