"""Few-shot in context: labelled images before the one in question, in one conversation, through the engine.

The engine takes image embeddings without a limit on their number (slava.vllm.engine), so nothing in it
changes; only the request does. Where all queries are shown the same examples, the prefix cache computes
them once.
"""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from slava.archives import Shard
from slava.evaluation.labelled import Divided
from slava.results import Output, claim
from slava.screening.asking import Ask
from slava.screening.config import ScreenConfig
from slava.screening.done import SETTINGS, find_done
from slava.screening.progress import Progress
from slava.screening.reading import Reader
from slava.screening.records import ERROR, Row
from slava.screening.session import Session
from slava.screening.writing import ResultWriter
from slava.tasks import Question


@dataclass(frozen=True, eq=False)
class Examples:
    """What each query is shown."""

    tokens: NDArray[np.float32]
    """[P, T, H] image tokens of the pool."""
    labels: tuple[str, ...]
    """[P]"""
    shown: Mapping[str, tuple[int, ...]]
    """Places in the pool by the query's image_id."""

    @classmethod
    def of(cls, data: Divided, tokens_PTH: NDArray[np.float32], shown: NDArray[np.int64]) -> "Examples":
        """From the places that each scored image is shown, [Q, S]; only what is shown travels to workers."""
        used, places = np.unique(shown, return_inverse=True)
        rows = [tuple(int(place) for place in row) for row in places.reshape(shown.shape)]
        labels = tuple(data.pool.labels[data.pool.truth[place]] for place in used)
        return cls(tokens_PTH[used], labels, dict(zip(data.scored.image_ids, rows, strict=True)))


@dataclass(frozen=True)
class FewShotAsk(Ask):
    """The engine's request, with examples before the micrograph."""

    examples: Examples
    prompts: Mapping[str, str]
    """By the query's image_id."""

    def __call__(self, row: Row) -> Row:
        """The columns that `ray.data.llm` wants; none for a row that failed."""
        request = super().__call__(row)
        if ERROR in request:
            return request
        image_id = json.loads(row["record"])["image_id"]
        shots = torch.from_numpy(self.examples.tokens[list(self.examples.shown[image_id])])
        own = request["multimodal_data"]["image"]
        return request | {
            "prompt": self.prompts[image_id],
            "multimodal_data": {"image": torch.cat([shots, own])},
        }


def few_shot_messages(question: Question, labels: Sequence[str]) -> list[dict[str, Any]]:
    """The question with the first image, its label as the answer, and so on; the last image unanswered."""
    first, *rest = labels
    messages = [*question.messages(), {"role": "assistant", "content": first}]
    for label in rest:
        messages += [_image(), {"role": "assistant", "content": label}]
    return [*messages, _image()]


def screen_in_context(
    config: ScreenConfig, labels: tuple[str, ...], shards: list[Shard], output: Output, examples: Examples
) -> None:
    """Screen with examples in each prompt, and write results as any screening does; resumes.

    Raises ModelError and ClaimError.
    """
    from transformers import AutoProcessor

    from slava.screening.pipeline import screened

    session = Session.open(config, labels)
    model = session.model_config
    template = AutoProcessor.from_pretrained(session.checkpoint).apply_chat_template
    prompts = {
        image_id: template(
            few_shot_messages(session.question, [examples.labels[place] for place in places]),
            add_generation_prompt=True,
        )
        for image_id, places in examples.shown.items()
    }
    size = (model.image_tokens, model.text_config.hidden_size)
    ask = FewShotAsk(session.prompt, session.question, size, session.understand.deciding, examples, prompts)
    shown = hashlib.sha256(json.dumps(prompts).encode() + examples.tokens.tobytes()).hexdigest()
    claim(output, SETTINGS, session.settings(config) | {"examples": shown})
    progress = Progress(len(examples.shown))
    reader = Reader(model.vision_config.image_size, session.prompt, None, False, find_done(output))
    common = {"task": config.task, "model": config.model, "model_digest": session.digest}
    batches = screened(config, session.checkpoint, shards, reader, ask, session.understand, session.router)
    with ResultWriter(output, f"{datetime.now(UTC):%Y%m%dT%H%M%S}", common) as writer:
        for _ in writer.take(batches, progress):
            pass


def _image() -> dict[str, Any]:
    return {"role": "user", "content": [{"type": "image"}]}
