"""What should have been answered: LLaVA-style conversations, one JSON object a line."""

from collections import Counter
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from slava import tasks
from slava.datasets import DatasetError, share, split_of

_IMAGE = "<image>"


class Turn(BaseModel):
    """One utterance."""

    model_config = ConfigDict(frozen=True)

    speaker: Literal["human", "gpt"] = Field(alias="from")
    value: str


class Conversation(BaseModel):
    """The questions about one image, with their answers."""

    model_config = ConfigDict(frozen=True, use_attribute_docstrings=True)

    image: str
    """The file or archive, as a screening's results name it."""
    member: str | None = None
    """The image's name in the archive."""
    image_id: str
    """SHA-256 of the image's content."""
    conversations: list[Turn]
    """Question and answer in turn: `{"from": "human" | "gpt", "value": text}`."""
    label: str | None = None
    """The image's class."""


class Reference(BaseModel):
    """One question about one image, and its answer."""

    model_config = ConfigDict(frozen=True)

    image: str
    image_id: str
    question: str
    answer: str
    label: str | None = None


def read_references(path: Path) -> list[Reference]:
    """Every question of a JSONL file with its answer. Raises DatasetError, naming the line."""
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise DatasetError(f"--references {path}: cannot be read ({error}); give a JSONL file") from error
    return [
        reference
        for number, line in enumerate(lines, 1)
        if line.strip()
        for reference in _references(line, f"--references {path}, line {number}")
    ]


def _references(line: str, where: str) -> Iterable[Reference]:
    try:
        found = Conversation.model_validate_json(line)
    except ValidationError as error:
        first = error.errors()[0]
        raise DatasetError(f"{where}: {'.'.join(map(str, first['loc']))}: {first['msg']}") from error
    turns = [turn.value.replace(_IMAGE, "").strip() for turn in found.conversations]
    for question, answer in zip(turns[::2], turns[1::2], strict=False):
        yield Reference(
            image=found.image, image_id=found.image_id, question=question, answer=answer, label=found.label
        )


def of_split(
    references: Sequence[Reference], held_out: float, seed: int, everything: bool, limit: int | None
) -> list[Reference]:
    """Those about held-out images, or about all; of at most `limit` images, always the same ones."""
    ids = sorted({asked.image_id for asked in references}, key=share)
    ids = [found for found in ids if everything or split_of(found, held_out, seed) == "held_out"]
    kept = set(ids[:limit])
    return [asked for asked in references if asked.image_id in kept]


def captions(references: Iterable[Reference]) -> list[Reference]:
    """Those that ask for a description of the whole: sLAVA's own question, or one that says `describe`."""
    own = tasks.caption().text
    return [asked for asked in references if asked.question == own or "describe" in asked.question.lower()]


def frequent_questions(references: Iterable[Reference], most: int) -> list[str]:
    """The questions that are asked of the most images, descriptions left out."""
    listed = list(references)
    described = {asked.question for asked in captions(listed)}
    counts = Counter(asked.question for asked in listed if asked.question not in described)
    return [question for question, _ in counts.most_common(most)]
