"""Before and after the engine: the request of a micrograph, and what its answer means."""

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import torch

from slava import tasks
from slava.screening.prompting import PromptText
from slava.screening.records import ERROR, Row, context_of


@dataclass(frozen=True)
class Ask:
    """The engine's request: prompt, image tokens and sampling."""

    prompt: PromptText
    question: tasks.Question
    tokens: tuple[int, int]
    """Image tokens of a micrograph, and their width."""
    deciding: tasks.Deciding
    """What tells the labels apart (`Understand.deciding`)."""

    def __call__(self, row: Row) -> Row:
        """The columns that `ray.data.llm` wants; none for a row that failed."""
        if row[ERROR]:
            return {ERROR: row[ERROR]}
        embeds = torch.frombuffer(bytearray(row.pop("payload")), dtype=torch.float32)
        return {
            "prompt": self.prompt.prompt(context_of(row)),
            "multimodal_data": {"image": embeds.view(1, *self.tokens)},
            "sampling_params": self._sampling(),
        }

    def _sampling(self) -> dict[str, Any]:
        if self.question.labels:
            return choosing(self.question.labels, self.deciding)
        return {"temperature": 0.0, "max_tokens": self.question.max_tokens, "logprobs": 0}


def choosing(labels: Sequence[str], deciding: tasks.Deciding) -> dict[str, Any]:
    """vLLM's sampling parameters for a choice.

    No more is written than decides: most labels differ in their first token, and the rest of them would be
    steps of the engine for letters that are known. The log-probabilities are those of the tokens that decide
    and of no others: each one is decoded, and is an object in three processes. The 64 likeliest took a fourth
    of a core.
    """
    return {
        "temperature": 0.0,
        "max_tokens": deciding.steps,
        "logprob_token_ids": list(deciding.tokens),
        "structured_outputs": {"choice": list(labels)},
    }


@dataclass(frozen=True)
class Understand:
    """What the engine wrote, as fields of a result."""

    question: tasks.Question
    spellings: Mapping[str, tasks.Spelling]
    end_token: int
    temperature: float

    @property
    def deciding(self) -> tasks.Deciding:
        """What of the model's answer tells the labels apart."""
        return tasks.deciding(self.spellings, self.end_token)

    def __call__(self, row: Row) -> Row:
        """The record of a row that went through the engine."""
        record: Row = json.loads(row["record"])
        record |= self._choice(row) if self.question.labels else self._free_text(row)
        metrics = row["metrics"]
        record["engine_span"] = [metrics["scheduled_ts"], metrics["last_token_ts"]]
        return record

    def _choice(self, row: Row) -> Row:
        ranked = tasks.rank(
            self.spellings, self._seen(row["logprobs"], row["generated_tokens"]), self.temperature
        )
        return {
            "label": ranked[0][0],
            "confidence": ranked[0][1],
            "scores": [{"label": label, "score": score} for label, score in ranked],
            "text": ranked[0][0],
        }

    def _seen(
        self, steps: list[dict[int, Any]], written: list[int]
    ) -> dict[tasks.Spelling, dict[int, float]]:
        """Log-probabilities after each beginning that the engine went through.

        The grammar admits any way to cut a label into tokens; only the usual one counts.
        """
        seen: dict[tasks.Spelling, dict[int, float]] = {}
        for place, step in enumerate(steps):
            seen[tuple(written[:place])] = {
                self._name(token): found["logprob"] for token, found in step.items()
            }
        return seen

    def _name(self, token: int) -> int:
        return tasks.END if token == self.end_token else token

    def _free_text(self, row: Row) -> Row:
        steps = zip(row["logprobs"], row["generated_tokens"], strict=True)
        chosen = [step[token]["logprob"] for step, token in steps]
        confidence = math.exp(sum(chosen) / len(chosen)) if chosen else None
        return {"text": row["generated_text"].strip(), "confidence": confidence}
