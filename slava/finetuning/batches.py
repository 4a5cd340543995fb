"""Items as tensors for one pass of the model.

With matching, each row holds two answers behind one prompt: the true one, and one that does not fit. A
mask keeps them from seeing each other, so that the second costs its own few tokens only:

    prompt ... image ... | true answer <end> | other answer <end>
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from slava import tasks
from slava.finetuning.curriculum import Item

IGNORED = -100


@dataclass(frozen=True)
class Batch:
    """B samples of T tokens at most."""

    ids_BT: Tensor
    targets_BT: Tensor
    """The tokens of the true answers; IGNORED elsewhere."""
    positions_BT: Tensor
    mask_B1TT: Tensor | None
    """True where a token may look; None is plainly causal."""
    ends_B2: Tensor | None
    """The last tokens of the true answer and of the other one."""
    image_tokens_BNH: Tensor
    features_BF: Tensor
    """What the gate sees."""

    def to(self, device: torch.device) -> "Batch":
        """The same on another device."""
        moved: dict[str, Any] = {
            name: None if value is None else value.to(device) for name, value in vars(self).items()
        }
        return Batch(**moved)


class Tokens:
    """Turns questions and answers into tokens, as the screening's prompts have them."""

    def __init__(self, processor: Any, image_tokens: int) -> None:
        self.processor = processor
        self.image = processor.image_token * image_tokens

    def prompt(self, item: Item) -> list[int]:
        """The question with its image, up to the answer."""
        messages = tasks.vqa(item.question).messages(item.context or None)
        text: str = self.processor.apply_chat_template(messages, add_generation_prompt=True)
        return self.encode(text.replace(self.processor.image_token, self.image))

    def answer(self, text: str) -> list[int]:
        """An answer and its end. Told behind a line break, as the labels of a choice are spelled."""
        start = len(self.encode("\n"))
        return [*self.encode(f"\n{text}")[start:], self.processor.tokenizer.eos_token_id]

    def encode(self, text: str) -> list[int]:
        """Token ids without anything added."""
        ids: list[int] = self.processor.tokenizer(text, add_special_tokens=False).input_ids
        return ids


def lay_out(
    prompts: Sequence[list[int]],
    answers: Sequence[list[int]],
    others: Sequence[list[int]] | None,
    image_tokens_BNH: Tensor,
    features_BF: Tensor,
) -> Batch:
    """Rows padded on the right to the longest. `others` are the answers that do not fit, one a row."""
    count = len(prompts)
    wrong = others or [[]] * count
    length = max(len(p) + len(a) + len(o) for p, a, o in zip(prompts, answers, wrong, strict=True))
    ids = torch.zeros(count, length, dtype=torch.long)
    targets = torch.full_like(ids, IGNORED)
    positions = torch.arange(length).repeat(count, 1)
    ends = torch.zeros(count, 2, dtype=torch.long)
    mask = torch.ones(length, length, dtype=torch.bool).tril().repeat(count, 1, 1)
    for row, (prompt, answer, other) in enumerate(zip(prompts, answers, wrong, strict=True)):
        start, middle = len(prompt), len(prompt) + len(answer)
        end = middle + len(other)
        ids[row, :end] = torch.tensor(prompt + answer + other)
        targets[row, start:middle] = torch.tensor(answer)
        positions[row, middle:end] = torch.arange(start, start + len(other))
        mask[row, middle:end, start:middle] = False
        ends[row] = torch.tensor([middle - 1, end - 1])
    if others is None:
        return Batch(ids, targets, positions, None, None, image_tokens_BNH, features_BF)
    return Batch(ids, targets, positions, mask[:, None], ends, image_tokens_BNH, features_BF)
