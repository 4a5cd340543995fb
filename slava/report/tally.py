"""One streaming pass over both tables, whose memory does not grow with the number of rows."""

from collections import Counter
from dataclasses import dataclass, field
from datetime import UTC
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from slava.failures import Stage
from slava.report.summary import HISTOGRAM_BINS, Counts, LabelFigures, Range, RunInfo, StageFigures, Summary
from slava.report.verdict import judge
from slava.results import Output, read_dead_letters, read_results

NUMBERS = ("pixel_size_nm", "kv", "working_distance_mm", "magnification")
ACQUISITION = (*NUMBERS, "detector")
_COLUMNS = ["page", "label", "confidence", "expert", "info_bar", "timings", "model_digest", "finished_at"]


def summarize(output: Output, run: RunInfo) -> Summary:
    """Return the summary of everything under `output`, with the facts of `run`."""
    tally = Tally(run)
    for batch in read_results(output, [*_COLUMNS, *ACQUISITION]):
        tally.add_results(batch)
    for batch in read_dead_letters(output, ["page", "stage", "code"]):
        tally.add_dead_letters(batch)
    return tally.summary()


@dataclass
class Tally:
    """The counters, each batch added in turn."""

    run: RunInfo
    rows: Counter[str] = field(default_factory=Counter)
    labels: Counter[str] = field(default_factory=Counter)
    confidences: dict[str, tuple[int, float]] = field(default_factory=dict)
    histogram: Any = field(default_factory=lambda: np.zeros(HISTOGRAM_BINS, dtype=np.int64))
    experts: Counter[str] = field(default_factory=Counter)
    models: Counter[str] = field(default_factory=Counter)
    known: Counter[str] = field(default_factory=Counter)
    ranges: dict[str, Range] = field(default_factory=dict)
    timed: Counter[str] = field(default_factory=Counter)
    busy: dict[str, float] = field(default_factory=lambda: dict.fromkeys(Stage, 0.0))
    codes: Counter[str] = field(default_factory=Counter)
    stages: Counter[str] = field(default_factory=Counter)

    def add_results(self, batch: pa.RecordBatch) -> None:
        """Add a batch of the results."""
        self.rows["results"] += batch.num_rows
        self.rows["pages"] += batch.num_rows
        self.rows["first pages"] += _first_pages(batch)
        self.rows["info bars"] += _known(batch["info_bar"])
        self.rows["this run"] += self._of_this_run(batch["finished_at"])
        self.labels += _count(batch["label"])
        self.experts += _count(batch["expert"].fill_null("base"))
        self.models += _count(batch["model_digest"])
        self._add_confidences(batch)
        self._add_timings(batch["timings"])
        self._add_acquisition(batch)

    def add_dead_letters(self, batch: pa.RecordBatch) -> None:
        """Add a batch of the dead letters."""
        self.rows["dead letters"] += batch.num_rows
        self.rows["pages"] += _known(batch["page"])
        self.rows["first pages"] += _first_pages(batch)
        self.codes += _count(batch["code"])
        self.stages += _count(batch["stage"])

    def _of_this_run(self, finished_at: pa.Array) -> int:
        """Count by time and not by `run_id`, which a resumed run may share with the one before it."""
        if self.run.started_at is None:
            return 0
        start = pa.scalar(self.run.started_at.astimezone(UTC))
        return int(pc.sum(pc.greater_equal(finished_at, start)).as_py() or 0)

    def _add_confidences(self, batch: pa.RecordBatch) -> None:
        confidence = finite(batch["confidence"])
        values = np.asarray(confidence.drop_null().cast(pa.float64()))
        self.histogram += np.histogram(np.clip(values, 0, 1), HISTOGRAM_BINS, (0, 1))[0]
        groups = pa.table(
            {"label": batch["label"].fill_null(""), "confidence": confidence.cast(pa.float64())}
        )
        sums = groups.group_by("label").aggregate([("confidence", "count"), ("confidence", "sum")])
        for row in sums.to_pylist():
            count, total = self.confidences.get(row["label"], (0, 0.0))
            added = row["confidence_sum"] or 0.0
            self.confidences[row["label"]] = (count + row["confidence_count"], total + added)

    def _add_timings(self, timings: pa.Array) -> None:
        for stage in Stage:
            seconds = finite(pc.struct_field(timings, f"{stage}_s"))
            self.timed[stage] += _known(seconds)
            self.busy[stage] += pc.sum(seconds.cast(pa.float64())).as_py() or 0.0

    def _add_acquisition(self, batch: pa.RecordBatch) -> None:
        self.known["detector"] += _known(batch["detector"])
        for name in NUMBERS:
            values = finite(batch[name])
            self.known[name] += _known(values)
            if _known(values):
                low, high = pc.min_max(values).as_py().values()
                old = self.ranges.get(name, Range(minimum=low, maximum=high))
                self.ranges[name] = Range(minimum=min(low, old.minimum), maximum=max(high, old.maximum))

    def summary(self) -> Summary:
        """Return the figures that the counters amount to."""
        results, dead = self.rows["results"], self.rows["dead letters"]
        figures: dict[str, Any] = {
            "counts": Counts(
                inputs=self.run.inputs, results=results, dead_letters=dead, pages=self.rows["pages"]
            ),
            "error_rate": dead / max(results + dead, 1),
            "labels": {label: self._label(label) for label in _ranked(self.labels)},
            "mean_confidence": _mean(list(self.confidences.values())),
            "confidence_histogram": tuple(int(count) for count in self.histogram),
            "experts": _ranked(self.experts),
            "stages": {str(stage): self._stage(stage) for stage in Stage},
            "dead_letters_by_code": _ranked(self.codes),
            "dead_letters_by_stage": _ranked(self.stages),
            "metadata_coverage": {name: self.known[name] / max(results, 1) for name in ACQUISITION},
            "acquisition_ranges": {name: self.ranges[name] for name in NUMBERS if name in self.ranges},
            "info_bars_found": self.rows["info bars"],
            **self._times(),
            **self.run.model_dump(exclude={"inputs"}),
        }
        verdict, warnings = judge(
            figures, first_pages=self.rows["first pages"], models=len(self.models), run=self.run
        )
        return Summary(verdict=verdict, warnings=warnings, **figures)

    def _times(self) -> dict[str, float | None]:
        if self.run.started_at is None or self.run.finished_at is None:
            return {"wall_seconds": None, "images_per_second": None}
        wall = max((self.run.finished_at - self.run.started_at).total_seconds(), 0.0)
        return {"wall_seconds": wall, "images_per_second": self.rows["this run"] / wall if wall else None}

    def _label(self, label: str) -> LabelFigures:
        count = self.labels[label]
        share = count / self.rows["results"]
        return LabelFigures(count=count, share=share, mean_confidence=_mean([self.confidences[label]]))

    def _stage(self, stage: Stage) -> StageFigures:
        images, busy = self.timed[stage], self.busy[stage]
        rate = images / busy if busy else None
        return StageFigures(images=images, busy_seconds=busy, images_per_second_per_worker=rate)


def finite(values: pa.Array) -> pa.Array:
    """Return `values` with null for what is not a finite number: broken metadata holds such."""
    return pc.if_else(pc.is_finite(values), values, None)


def _known(values: pa.Array) -> int:
    return len(values) - int(values.null_count)


def _first_pages(batch: pa.RecordBatch) -> int:
    """Count the rows that stand for an input: its first page, or all of it."""
    return int(pc.sum(pc.equal(batch["page"].fill_null(0), 0)).as_py() or 0)


def _count(values: pa.Array) -> Counter[str]:
    return Counter({pair["values"]: pair["counts"] for pair in values.drop_null().value_counts().to_pylist()})


def _ranked(counter: Counter[str]) -> dict[str, int]:
    return dict(sorted(counter.items(), key=lambda pair: (-pair[1], pair[0])))


def _mean(parts: list[tuple[int, float]]) -> float | None:
    count = sum(part[0] for part in parts)
    return sum(part[1] for part in parts) / count if count else None
