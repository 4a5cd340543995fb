"""Drawn micrographs with conversations about them: what nano's own experts learn from.

    python -m slava.synth.lessons --output runs/drawn --count 1200
    python jobs/finetune.py --data runs/drawn/conversations.jsonl --output runs/experts

Writes `images/CLASS/SEED.png` and, of each micrograph, two lines of `conversations.jsonl`: its class among
the ten, and a caption or a question about what was drawn.
"""

import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any

import numpy as np
from annotated_types import Ge
from PIL import Image
from pydantic import BaseModel, ConfigDict

from slava import tasks
from slava.cli import run
from slava.synth.facts import LABELS, Facts
from slava.synth.questions import caption, conversations
from slava.synth.render import render

WIDTH, HEIGHT = 384, 288


class LessonsConfig(BaseModel):
    """Draw micrographs of the ten NFFA classes, and write conversations about them."""

    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)

    output: Path
    """Folder for the images and conversations.jsonl."""
    count: Annotated[int, Ge(10)] = 1_200
    """Micrographs, in equal parts of the classes."""
    first_seed: Annotated[int, Ge(0)] = 500_000
    """Of the first of each class. What begins with 10**6 is for measuring: nothing has learned from it."""


def write(config: LessonsConfig) -> int:
    """Write images and conversations."""
    folder = config.output.absolute()
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "conversations.jsonl").open("w", encoding="utf-8") as lines:
        for index in range(config.count):
            label, seed = LABELS[index % len(LABELS)], config.first_seed + index // len(LABELS)
            drawn = render(label, seed, WIDTH, HEIGHT)
            path = folder / "images" / label / f"{seed}.png"
            path.parent.mkdir(parents=True, exist_ok=True)
            Image.fromarray(drawn.pixels).save(path)
            for question, answer in _turns(drawn.facts, seed):
                lines.write(json.dumps(_record(path, question, answer)) + "\n")
    return 0


def _turns(facts: Facts, seed: int) -> Iterator[tuple[str, str]]:
    yield tasks.classify(tasks.NFFA_LABELS).text, facts.label
    rng = np.random.default_rng((23, seed))
    if rng.random() < 0.5:
        yield tasks.caption().text, caption(facts, seed)
    else:
        turns = [turn for turn in conversations(facts, seed) if turn.kind != "caption"]
        turn = turns[int(rng.integers(len(turns)))]
        yield turn.question, turn.answer


def _record(path: Path, question: str, answer: str) -> dict[str, Any]:
    turns = [{"from": "human", "value": f"<image>\n{question}"}, {"from": "gpt", "value": answer}]
    return {"image": str(path), "member": None, "conversations": turns}


if __name__ == "__main__":
    sys.exit(run(LessonsConfig, write, "python -m slava.synth.lessons"))
