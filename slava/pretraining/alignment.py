"""First stage: image tokens learn to mean the words about them, without a pass of the language model.

The mean of a micrograph's image tokens should lie, among the language model's own word embeddings,
nearest to the words that its facts are told in. That costs a thousandth of training through the
language model, and leaves it words to read instead of noise. Among the ten labels alone the right one
should be the nearest, too: that is what a micrograph will be asked for most.

The projector learns alone at first, then with a LoRA on the tower's last blocks: a tower that learns
behind a random projector forgets what it knew (Kumar et al. 2022, linear probing then fine-tuning).
"""

import json
from collections import deque
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from peft import LoraConfig, get_peft_model
from torch import Tensor
from torch.nn import functional

from slava import tasks
from slava.pretraining.config import LORA_SCALE, PretrainConfig
from slava.pretraining.dialogues import words
from slava.pretraining.drawing import Gallery
from slava.pretraining.seeing import keep_seen, see

SHARPNESS = 20.0
"""Factor on the cosines before the softmax over the words."""
RATE = 1e-3
"""Of the projector alone."""
TUNING_RATE = 3e-4
"""Of both: at three times that, the tower forgot more than it learned."""
BATCH = 32
TOWER_LAYERS = ("query", "key", "value", "dense", "fc1", "fc2")
"""The linear layers of a DINOv2 block."""


def adapt_tower(model: Any, config: PretrainConfig) -> None:
    """Put a LoRA on the linear layers of the tower's last blocks."""
    blocks = len(model.model.vision_tower.encoder.layer)
    lora = LoraConfig(
        r=config.rank,
        lora_alpha=LORA_SCALE * config.rank,
        target_modules=list(TOWER_LAYERS),
        layers_pattern="layer",
        layers_to_transform=list(range(blocks))[-config.tower_blocks :],
    )
    get_peft_model(model.model.vision_tower, lora)


def align(model: Any, tokenizer: Any, gallery: Gallery, config: PretrainConfig) -> None:
    """Train `model.model.multi_modal_projector`, then with it the tower's LoRA, which stays on it, frozen."""
    projector, tower = model.model.multi_modal_projector, model.model.vision_tower
    words_of = _Words.of(model, tokenizer, gallery)
    rng = np.random.default_rng(config.seed)
    generator = torch.Generator().manual_seed(config.seed)
    first = min(config.projector_pictures, config.pictures)
    seen = keep_seen(config.output / "frozen.npy", model, gallery, first, generator)
    _fit(
        list(projector.parameters()),
        RATE,
        _batches(first, config.projector_steps, rng),
        lambda chosen: words_of.loss(
            projector(torch.from_numpy(seen[chosen]).to(model.device).float()), chosen
        ),
    )
    adapt_tower(model, config)
    _fit(
        [value for part in (projector, tower) for value in part.parameters() if value.requires_grad],
        TUNING_RATE,
        _batches(len(gallery.facts), config.tower_steps, rng),
        lambda chosen: words_of.loss(projector(_looked_at(model, gallery, chosen, generator)), chosen),
    )
    tower.requires_grad_(False)


def _looked_at(model: Any, gallery: Gallery, chosen: NDArray[np.int64], generator: torch.Generator) -> Tensor:
    """Patches, for a backward pass; where bfloat16 is fast the LoRA's float32 weights are used in it."""
    with torch.autocast(model.device.type, torch.bfloat16, enabled=model.dtype == torch.bfloat16):
        return see(model, gallery, chosen, generator)


def _fit(
    parameters: list[Tensor],
    rate: float,
    batches: list[NDArray[np.int64]],
    loss_of: Callable[[NDArray[np.int64]], tuple[Tensor, float]],
) -> None:
    optimizer = torch.optim.AdamW(parameters, weight_decay=0.05)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, rate, total_steps=len(batches), pct_start=0.1)
    lately: deque[tuple[float, float]] = deque(maxlen=20)
    for step, chosen in enumerate(batches):
        loss, right = loss_of(chosen)
        loss.backward()
        optimizer.step()
        schedule.step()
        optimizer.zero_grad(set_to_none=True)
        lately.append((loss.item(), right))
        if step % 20 == 19 or step == len(batches) - 1:
            _report(step, len(batches), lately)


def _report(step: int, steps: int, lately: Iterable[tuple[float, float]]) -> None:
    loss, right = np.mean(list(lately), axis=0).round(4)
    print(json.dumps({"alignment_step": step, "of": steps, "loss": loss, "right": right}), flush=True)


def _batches(pictures: int, steps: int, rng: np.random.Generator) -> list[NDArray[np.int64]]:
    """Every picture once, in random order, over and over."""
    rounds = -(-steps * BATCH // pictures)
    order = np.concatenate([rng.permutation(pictures) for _ in range(rounds)])[: steps * BATCH]
    return [np.sort(chosen) for chosen in np.split(order, steps)]


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
            bags_NV.to(weight.device),
            functional.normalize(labels - labels.mean(dim=0), dim=-1),
            torch.tensor([tasks.NFFA_LABELS.index(facts.label) for facts in gallery.facts]).to(weight.device),
            embedding.norm(dim=-1).mean(),
        )

    def loss(self, tokens_BTH: Tensor, chosen: NDArray[np.int64]) -> tuple[Tensor, float]:
        """Cross-entropy of words and label, image tokens as long as word embeddings are; labels right."""
        mean = functional.normalize(tokens_BTH.mean(dim=1), dim=-1)
        told = functional.cross_entropy(SHARPNESS * mean @ self.embedding_VH.T, self.bags_NV[chosen])
        label_logits_BL = SHARPNESS * mean @ self.labels_LH.T
        named = functional.cross_entropy(label_logits_BL, self.label_N[chosen])
        lengths = tokens_BTH.norm(dim=-1) / self.length
        right = (label_logits_BL.argmax(dim=-1) == self.label_N[chosen]).float().mean().item()
        return told + named + (lengths - 1).square().mean(), right


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
