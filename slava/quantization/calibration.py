"""What the language model reads while it is quantized: questions about drawn micrographs, with answers.

Drawn, so that any machine has them, and the same ones each time; a plant's own images never leave it.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from torch import Tensor
from transformers import AutoProcessor

from slava import tasks
from slava.model.encoder import VisionEncoder
from slava.synth.facts import Facts
from slava.synth.questions import caption, conversations
from slava.synth.render import render

SAMPLES = 120
FIRST_SEED = 5 * 10**8
"""Far from the seeds of the training, the bench and the tests."""
BATCH = 20


def dialogues(directory: Path) -> Iterator[tuple[list[int], Tensor]]:
    """The token ids [T] of each dialogue, image tokens' places included, and the image tokens [N, H].

    Made at each call; a checkpoint without a chat template is a ValueError of transformers'.
    """
    processor = AutoProcessor.from_pretrained(directory)
    encoder = VisionEncoder(directory)
    for start in range(0, SAMPLES, BATCH):
        drawn = [_drawn(index) for index in range(start, start + BATCH)]
        tokens, _ = encoder([np.repeat(pixels[..., None], 3, axis=-1) for pixels, _ in drawn])
        for index, (_, facts) in enumerate(drawn, start):
            yield _token_ids(processor, *_asked(facts, index), tokens.shape[1]), tokens[index - start]


def _drawn(index: int) -> tuple[NDArray[np.uint8], Facts]:
    labels = tasks.NFFA_LABELS
    rendering = render(labels[index % len(labels)], FIRST_SEED + index)
    return rendering.pixels, rendering.facts


def _asked(facts: Facts, index: int) -> tuple[tasks.Question, str]:
    """Every other dialogue chooses among labels, in another order each time; the rest write freely."""
    rng = np.random.default_rng(index)
    if index % 2:
        turns = [turn for turn in conversations(facts, index) if turn.kind != "caption"]
        turn = turns[int(rng.integers(len(turns)))]
        asked = [(tasks.caption(), caption(facts, index)), (tasks.vqa(turn.question), turn.answer)]
        return asked[index // 2 % 2]
    order = rng.permutation(len(tasks.NFFA_LABELS)) if index % 4 else range(len(tasks.NFFA_LABELS))
    return tasks.classify([tasks.NFFA_LABELS[int(i)] for i in order]), facts.label


def _token_ids(processor: Any, question: tasks.Question, answer: str, image_tokens: int) -> list[int]:
    prompt = processor.apply_chat_template(question.messages(), add_generation_prompt=True)
    prompt = prompt.replace(processor.image_token, processor.image_token * image_tokens)
    ids: list[int] = processor.tokenizer(prompt + answer, add_special_tokens=False).input_ids
    return ids
