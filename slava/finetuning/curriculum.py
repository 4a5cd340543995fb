"""Samples joined with the features of their images, split, in the order of the training."""

from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from slava.datasets import Split, split_of
from slava.finetuning.features import Seen
from slava.finetuning.samples import DataError, Lessons


@dataclass(frozen=True)
class Item:
    """One question about one picture, ready to be learned."""

    question: str
    context: str
    answer: str
    label: str | None
    image_id: str
    file: str
    row: int

    @property
    def place(self) -> tuple[str, int]:
        """Where the features lie."""
        return self.file, self.row


@dataclass(frozen=True)
class Curriculum:
    """What is learned, what is kept aside, and the classes."""

    train: tuple[Item, ...]
    held_out: tuple[Item, ...]
    labels: tuple[str, ...]

    @classmethod
    def of(cls, lessons: Lessons, seen: list[Seen], held_out: float, seed: int) -> "Curriculum":
        """Join and split by content. Raises DataError for a class with nothing to learn from."""
        pictures: dict[tuple[str, str | None], list[Seen]] = {}
        for picture in seen:
            pictures.setdefault((picture.uri, picture.member), []).append(picture)
        sides: dict[Split, list[Item]] = {"train": [], "held_out": []}
        for sample in lessons.samples:
            for found in pictures.get((sample.uri, sample.member), []):
                item = Item(
                    sample.question,
                    found.context,
                    sample.answer,
                    sample.label,
                    found.image_id,
                    found.file,
                    found.row,
                )
                sides[split_of(found.image_id, held_out, seed)].append(item)
        left = {item.label for item in sides["train"]}
        for label in lessons.labels:
            if label not in left:
                raise DataError(
                    f"class {label!r}: no readable image of it is left to learn from; "
                    "add images, take the folder away, or lower --held-out"
                )
        if not sides["train"]:
            raise DataError("no readable image of the data is left to learn from")
        return cls(tuple(sides["train"]), tuple(sides["held_out"]), lessons.labels)

    def save(self, path: Path) -> None:
        """One Parquet file, whole or not at all."""
        rows = [{**asdict(item), "split": "train"} for item in self.train]
        rows += [{**asdict(item), "split": "held_out"} for item in self.held_out]
        table = pa.Table.from_pylist(rows, _SCHEMA).replace_schema_metadata(
            {"labels": "\n".join(self.labels)}
        )
        pq.write_table(table, path.with_suffix(".part"))
        path.with_suffix(".part").rename(path)

    @classmethod
    def load(cls, path: Path) -> "Curriculum":
        """What `save` wrote."""
        table = pq.read_table(path)
        sides: dict[str, list[Item]] = {"train": [], "held_out": []}
        for row in table.to_pylist():
            sides[row.pop("split")].append(Item(**row))
        labels = table.schema.metadata[b"labels"].decode()
        return cls(
            tuple(sides["train"]), tuple(sides["held_out"]), tuple(labels.split("\n")) if labels else ()
        )

    def order(self, step: int, batch: int, seed: int) -> list[int]:
        """The items of one step: each once an epoch, reshuffled each time; by step and seed alone."""
        count = len(self.train)
        positions = range(step * batch, (step + 1) * batch)
        epochs = range(positions[0] // count, positions[-1] // count + 1)
        shuffled = {epoch: _shuffled(count, seed, epoch) for epoch in epochs}
        return [int(shuffled[position // count][position % count]) for position in positions]


_SCHEMA = pa.schema(
    [(name, pa.string()) for name in ("question", "context", "answer", "label", "image_id", "file")]
    + [("row", pa.int32()), ("split", pa.string())]
)


def _shuffled(count: int, seed: int, epoch: int) -> np.ndarray[tuple[int], np.dtype[np.int64]]:
    return np.random.default_rng([seed, epoch]).permutation(count)
