"""A choice among labels with the Hugging Face model: the reference for what the engine answers."""

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor
from transformers import DynamicCache

from slava import tasks


def spellings(tokenizer: Any, labels: tuple[str, ...]) -> dict[str, tasks.Spelling]:
    """Each label as the token ids that the engine's grammar lets the model write.

    Told behind a line break: at the beginning of a text a Llama tokenizer would put the mark of a space
    before the label, and the grammar admits its letters only.
    """

    def encode(text: str) -> list[int]:
        ids: list[int] = tokenizer(text, add_special_tokens=False).input_ids
        return ids

    start = len(encode("\n"))
    return {label: tuple(encode(f"\n{label}")[start:]) for label in labels}


@torch.inference_mode()
def label_probabilities(
    model: Any,
    processor: Any,
    image_embeds_BTH: Tensor,
    question: tasks.Question,
    temperature: float = 1.0,
) -> list[list[tuple[str, float]]]:
    """For each micrograph the labels with their probabilities, the most probable first.

    One micrograph a row; each branching of the labels' tree of tokens goes on from the same prompt.
    """
    tokenizer = processor.tokenizer
    spelled = spellings(tokenizer, question.labels)
    prompt = processor.apply_chat_template(question.messages(), add_generation_prompt=True)
    prompt = prompt.replace(processor.image_token, processor.image_token * image_embeds_BTH.shape[1])
    asked = tokenizer(prompt, add_special_tokens=False).input_ids
    seen: list[dict[tasks.Spelling, dict[int, float]]] = [{} for _ in image_embeds_BTH]
    embed, cache = model.get_input_embeddings(), DynamicCache()
    prompts = _rows(asked, image_embeds_BTH)
    asked_logprobs_BV = _next_token(model, model.model.merge_inputs(prompts, image_embeds_BTH), cache)
    for start in tasks.branchings(spelled):
        logprobs = _next_token(model, embed(_rows(start, prompts)), cache) if start else asked_logprobs_BV
        cache.crop(len(asked))
        follow = {s[len(start)] for s in spelled.values() if s[: len(start)] == start and len(s) > len(start)}
        ids = {token: token for token in follow} | {tasks.END: tokenizer.eos_token_id}
        for row, known in enumerate(seen):
            known[start] = {name: float(logprobs[row, token]) for name, token in ids.items()}
    return [tasks.rank(spelled, known, temperature) for known in seen]


def _rows(ids: Sequence[int], like_B: Tensor) -> Tensor:
    """The same tokens for each of a batch, [B, T]."""
    return torch.tensor(ids, device=like_B.device).expand(len(like_B), -1)


def _next_token(model: Any, embeds_BTH: Tensor, cache: DynamicCache) -> Tensor:
    """Log-probabilities [B, V] of the token after these, which go on from what is in the cache."""
    told = model.model.language_model(inputs_embeds=embeds_BTH, past_key_values=cache, use_cache=True)
    logprobs: Tensor = model.lm_head(told.last_hidden_state[:, -1]).float().log_softmax(-1).cpu()
    return logprobs
