"""The images and failures that the report shows, picked in a streaming pass; only theirs are fetched."""

import bisect
from collections.abc import Iterable
from dataclasses import dataclass, field, fields
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from slava.report.tally import finite
from slava.results import Output, read_dead_letters
from slava.results.output import Place, fetch_rows, locate_results

PER_CLASS = 12
CLASSES = 40
TEXTS = 24
EXAMPLES = 3
LEAST_CERTAIN = "Least certain"
AT_RANDOM = "Drawn at random"


@dataclass(frozen=True)
class Sample:
    """One row of the results, as the report shows it; the fields are those of the schema."""

    uri: str
    member: str | None = None
    page: int | None = None
    image_id: str | None = None
    label: str | None = None
    confidence: float | None = None
    scores: list[dict[str, Any]] | None = None
    text: str | None = None
    context: str | None = None
    expert: str | None = None
    width: int | None = None
    height: int | None = None
    pixel_size_nm: float | None = None
    kv: float | None = None
    working_distance_mm: float | None = None
    magnification: float | None = None
    detector: str | None = None
    thumbnail: bytes | None = None


@dataclass(frozen=True)
class Failure:
    """One dead letter, as the report shows it."""

    uri: str
    member: str | None
    page: int | None
    message: str | None


@dataclass(frozen=True)
class Samples:
    """What the report shows of single images."""

    groups: dict[str, list[Sample]] = field(default_factory=dict)
    """classify: the least certain of each class. Else: the least certain of all, and some at random."""
    failures: dict[str, list[Failure]] = field(default_factory=dict)
    """A few dead letters by code."""


class Shortlist:
    """The first few of all that is offered, by key and then by place, for each group."""

    def __init__(self, limit: int) -> None:
        self.limit = limit
        self.groups: dict[str, list[tuple[Any, Place]]] = {}

    def offer(self, group: str, key: Any, place: Place) -> None:
        """Keep the candidate if it is among the first of its group so far."""
        best = self.groups.setdefault(group, [])
        if len(best) < self.limit or (key, place) < best[-1]:
            bisect.insort(best, (key, place))
            del best[self.limit :]


def pick_samples(output: Output, task: str) -> Samples:
    """Return the images and failures to show, the same ones for the same tables."""
    places = _least_certain_by_class(output) if task == "classify" else _texts(output)
    wanted = {place for group in places.values() for place in group}
    rows = fetch_rows(output, wanted, [column.name for column in fields(Sample)])
    groups = {name: [Sample(**rows[place]) for place in group] for name, group in places.items()}
    return Samples(groups=groups, failures=_failures(output))


def _least_certain_by_class(output: Output) -> dict[str, list[Place]]:
    shortlist, counts = Shortlist(PER_CLASS), dict[str, int]()
    for start, batch in locate_results(output, ["label", "confidence"]):
        order = np.argsort(_keys(batch), kind="stable")
        labels = batch["label"].dictionary_encode()
        codes = np.asarray(labels.indices.fill_null(-1))[order]
        for code, label in enumerate(labels.dictionary.to_pylist()):
            members = order[codes == code]
            counts[label] = counts.get(label, 0) + len(members)
            _offer(shortlist, label, _keys(batch), members[:PER_CLASS], start)
    frequent = sorted(counts, key=lambda label: (-counts[label], label))[:CLASSES]
    return {label: [place for _, place in shortlist.groups[label]] for label in frequent}


def _texts(output: Output) -> dict[str, list[Place]]:
    """Pick the least certain; and those with the smallest `image_id`, a hash, a draw that repeats."""
    shortlist = Shortlist(TEXTS)
    for start, batch in locate_results(output, ["confidence", "image_id"]):
        hashes = np.asarray(batch["image_id"].fill_null("~").to_pylist(), dtype=object)
        for group, keys in ((LEAST_CERTAIN, _keys(batch)), (AT_RANDOM, hashes)):
            _offer(shortlist, group, keys, np.argsort(keys, kind="stable")[:TEXTS], start)
    return {group: [place for _, place in best] for group, best in shortlist.groups.items()}


def _offer(shortlist: Shortlist, group: str, keys: Any, rows: Iterable[Any], start: Place) -> None:
    for row in rows:
        shortlist.offer(group, keys[row], Place(start.file, start.row + int(row)))


def _keys(batch: pa.RecordBatch) -> Any:
    """Return the confidences as sort keys; a row without one comes last."""
    return np.asarray(finite(batch["confidence"]).fill_null(float("inf")))


def _failures(output: Output) -> dict[str, list[Failure]]:
    columns = [column.name for column in fields(Failure)]
    examples: dict[str, list[Failure]] = {}
    for batch in read_dead_letters(output, ["code", *columns]):
        for code in batch["code"].drop_null().unique().to_pylist():
            found = examples.setdefault(code, [])
            rows = batch.filter(pc.equal(batch["code"], code)).slice(0, EXAMPLES - len(found))
            found += [Failure(**row) for row in rows.select(columns).to_pylist()]
    return examples
