"""A choice among labels with the Hugging Face model: the reference for what the engine answers."""

from typing import Any

import torch
from torch import Tensor

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

    One forward pass for each branching of the labels' tree of tokens, one micrograph a row.
    """
    tokenizer = processor.tokenizer
    spelled = spellings(tokenizer, question.labels)
    prompt = processor.apply_chat_template(question.messages(), add_generation_prompt=True)
    prompt = prompt.replace(processor.image_token, processor.image_token * image_embeds_BTH.shape[1])
    asked = tokenizer(prompt, add_special_tokens=False).input_ids
    seen: list[dict[tasks.Spelling, dict[int, float]]] = [{} for _ in image_embeds_BTH]
    for start in tasks.branchings(spelled):
        logprobs = _next_token(model, asked + list(start), image_embeds_BTH)
        follow = {s[len(start)] for s in spelled.values() if s[: len(start)] == start and len(s) > len(start)}
        ids = {token: token for token in follow} | {tasks.END: tokenizer.eos_token_id}
        for row, known in enumerate(seen):
            known[start] = {name: float(logprobs[row, token]) for name, token in ids.items()}
    return [tasks.rank(spelled, known, temperature) for known in seen]


def _next_token(model: Any, ids: list[int], image_embeds_BTH: Tensor) -> Tensor:
    """Log-probabilities [B, V] of the token after `ids`."""
    rows = torch.tensor(ids, device=model.device).expand(len(image_embeds_BTH), -1)
    embeds = model.model.merge_inputs(rows, image_embeds_BTH)
    states = model.model.language_model(inputs_embeds=embeds, use_cache=False).last_hidden_state
    logprobs: Tensor = model.lm_head(states[:, -1]).float().log_softmax(-1).cpu()
    return logprobs
