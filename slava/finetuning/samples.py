"""What the user gives to learn from: folders of classes, or conversations about images."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq

from slava import tasks
from slava.datasets import class_folders

IMAGE_MARK = "<image>"


class DataError(ValueError):
    """Training data that cannot be used; the message says where and what to do."""


@dataclass(frozen=True)
class Sample:
    """One question about one image, with the answer to learn."""

    uri: str
    member: str | None
    question: str
    answer: str
    label: str | None
    """Its class, where the answer is one."""


@dataclass(frozen=True)
class Lessons:
    """All samples, and the classes if they are a classification."""

    samples: tuple[Sample, ...]
    labels: tuple[str, ...]

    @property
    def images(self) -> list[str]:
        """The files and archives to read, each once."""
        return sorted({sample.uri for sample in self.samples})


def read_lessons(*data: str) -> Lessons:
    """Samples of a folder of class folders, of files of conversations, or of both.

    Raises DataError, and DatasetError for folders that are no classes.
    """
    parts = [_read(one) for one in data]
    if sum(bool(part.labels) for part in parts) > 1:
        raise DataError("--data: one folder of class folders at most; put the class folders into one folder")
    samples = tuple(sample for part in parts for sample in part.samples)
    return Lessons(samples, next((part.labels for part in parts if part.labels), ()))


def _read(data: str) -> Lessons:
    path = Path(data).expanduser()
    if path.is_dir():
        return _classes(path)
    if not path.is_file():
        raise DataError(f"--data {data}: no such folder or file")
    records = _parquet(path) if path.suffix == ".parquet" else _lines(path)
    samples = tuple(
        sample for where, record in records for sample in _conversation(record, f"{path}: {where}")
    )
    if not samples:
        raise DataError(f"--data {data}: no conversations in it")
    return Lessons(samples, ())


def _classes(directory: Path) -> Lessons:
    examples = class_folders(directory)
    labels = tuple(sorted({example.label for example in examples}))
    if len(labels) > tasks.MAX_LABELS:
        raise DataError(
            f"--data {directory}: {len(labels)} class folders; at most {tasks.MAX_LABELS} can be told"
        )
    text = tasks.classify(labels).text
    return Lessons(tuple(Sample(e.uri, None, text, e.label, e.label) for e in examples), labels)


def _lines(path: Path) -> Iterator[tuple[str, Any]]:
    with path.open(encoding="utf-8") as file:
        for number, line in enumerate(file, 1):
            if line.strip():
                try:
                    yield f"line {number}", json.loads(line)
                except ValueError as error:
                    raise DataError(f"{path}: line {number} is not JSON: {error}") from error


def _parquet(path: Path) -> Iterator[tuple[str, Any]]:
    try:
        with pq.ParquetFile(path) as file:
            rows = (row for batch in file.iter_batches() for row in batch.to_pylist())
            yield from ((f"row {number}", row) for number, row in enumerate(rows))
    except (OSError, ValueError) as error:  # Arrow's errors are ValueErrors
        raise DataError(f"{path}: not a Parquet file: {error}") from error


def _conversation(record: Any, where: str) -> Iterator[Sample]:
    """Each pair of a question and its answer (LLaVA's layout; Liu et al. 2023, section 3)."""
    try:
        turns = [(turn["from"], turn["value"]) for turn in record["conversations"]]
        uri, member = record["image"], record.get("member")
    except (KeyError, TypeError, AttributeError) as error:
        raise DataError(f"{where}: needs `image` and `conversations` of `from` and `value`") from error
    if [who for who, _ in turns] != ["human", "gpt"] * (len(turns) // 2):
        raise DataError(f"{where}: turns must alternate, human and gpt")
    for (_, question), (_, answer) in zip(turns[::2], turns[1::2], strict=True):
        yield Sample(uri, member, question.replace(IMAGE_MARK, "").strip(), answer.strip(), None)
