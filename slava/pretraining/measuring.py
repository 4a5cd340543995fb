"""What the trained nano can do: the ten classes on fresh renderings and on real micrographs."""

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor

from slava import tasks
from slava.pretraining.augment import plain


@torch.no_grad()
def choice_logprobs(
    model: Any, processor: Any, pictures_BHW: Tensor, labels: Sequence[str], device: str, batch: int = 32
) -> Tensor:
    """Log-probability of each option's letter, [B, L], for grey uint8 pictures."""
    question = tasks.classify(labels)
    prompt = processor.apply_chat_template(question.messages(), add_generation_prompt=True)
    prompt = prompt.replace(processor.image_token, processor.image_token * model.config.image_tokens)
    ids = torch.tensor(processor.tokenizer(prompt, add_special_tokens=False).input_ids, device=device)
    letters = [processor.tokenizer.convert_tokens_to_ids(letter) for letter in tasks.OPTIONS[: len(labels)]]
    found = []
    for start in range(0, len(pictures_BHW), batch):
        pixels = plain(pictures_BHW[start : start + batch].to(device)).to(model.dtype)
        tokens = torch.stack(model.get_image_features(pixels).pooler_output)
        embeds = model.model.merge_inputs(ids.expand(len(pixels), -1), tokens)
        states = model.model.language_model(inputs_embeds=embeds, use_cache=False).last_hidden_state
        logits = model.lm_head(states[:, -1])[:, letters].float()
        found.append(logits.log_softmax(-1).cpu())
    return torch.cat(found)


def accuracy(logprobs_BL: Tensor, truth_B: Tensor) -> float:
    """Share of pictures whose most probable label is the true one."""
    return (logprobs_BL.argmax(-1) == truth_B).float().mean().item()


def fit_temperature(logprobs_BL: Tensor, truth_B: Tensor) -> float:
    """The temperature with the least negative log-likelihood (Guo et al. 2017), by a fine grid."""
    grid = torch.linspace(0.5, 5, 181)
    losses = [torch.nn.functional.cross_entropy(logprobs_BL / t, truth_B).item() for t in grid]
    return round(float(grid[int(torch.tensor(losses).argmin())]), 3)


def calibration_error(logprobs_BL: Tensor, truth_B: Tensor, temperature: float, bins: int = 15) -> float:
    """Expected calibration error of the top label, with equal-width bins."""
    confidence, label = (logprobs_BL / temperature).softmax(-1).max(-1)
    right = (label == truth_B).float()
    slot = (confidence * bins).long().clamp(max=bins - 1)
    gaps = [
        (slot == i).float().mean() * (right[slot == i].mean() - confidence[slot == i].mean()).abs()
        for i in slot.unique()
    ]
    return float(torch.stack(gaps).sum())
