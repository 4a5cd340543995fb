"""What `report.json` holds. The docstrings under the fields are its documentation (docs/results.md)."""

from typing import Annotated, Literal

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

HISTOGRAM_BINS = 20

Count = Annotated[int, Field(ge=0)]
Share = Annotated[float, Field(ge=0, le=1)]
Seconds = Annotated[float, Field(ge=0)]


class _Frozen(BaseModel):
    model_config = ConfigDict(frozen=True, use_attribute_docstrings=True, protected_namespaces=())


class RunFacts(_Frozen):
    """What only the driver knows of a run, and the tables do not hold. Null: not known."""

    run_id: str
    """The run, as in the tables' `run_id`."""
    task: str
    """`classify`, `caption` or `vqa`."""
    question: str | None = None
    """The question, for vqa."""
    model: str
    """The model, as the job was told."""
    model_digest: str | None = None
    """Digest of the model's weights."""
    command: str | None = None
    """The command line that started the run."""
    machine: str | None = None
    """The machines that it ran on, in words."""
    output: str | None = None
    """Where the tables lie, as the job was told."""
    started_at: AwareDatetime | None = None
    """When the run started, with its time zone."""
    finished_at: AwareDatetime | None = None
    """When the run ended, with its time zone."""
    max_error_rate: Share | None = None
    """The error rate above which the run counts as failed."""


class RunInfo(RunFacts):
    """The facts of a run that the driver hands to the report."""

    inputs: Count | None = None
    """Files and archive members that were listed, those that an earlier run had done included. An archive
    that cannot be read to its end counts as one more, for its own dead letter."""


class Counts(_Frozen):
    """How many of what."""

    inputs: Count | None
    """Files and archive members that were listed; null if not known."""
    results: Count
    """Rows under `results/`."""
    dead_letters: Count
    """Rows under `dead_letters/`."""
    pages: Count
    """Images that the inputs were found to hold: the results, and the dead letters of a single page."""


class LabelFigures(_Frozen):
    """One class."""

    count: Count
    """Results with this label."""
    share: Share
    """Their share of all results."""
    mean_confidence: float | None
    """Mean of their confidences; null if none has one."""


class StageFigures(_Frozen):
    """One stage of the screening."""

    images: Count
    """Results that went through it and were timed."""
    busy_seconds: Seconds
    """Seconds that its workers spent on them, summed."""
    images_per_second_per_worker: float | None
    """The one divided by the other; null if there is nothing to divide."""


class Range(_Frozen):
    """The range of one acquisition field."""

    minimum: float
    """The smallest value."""
    maximum: float
    """The largest value."""


class Summary(RunFacts):
    """The whole of `report.json`."""

    schema_version: Literal[1] = 1
    """Rises when a key changes its meaning or goes; new keys may come without."""
    verdict: Literal["ok", "attention", "failed"]
    """`failed`: no results, or too many dead letters; `attention`: there are warnings; else `ok`."""
    warnings: tuple[str, ...]
    """What somebody should look at, a sentence each."""
    wall_seconds: Seconds | None
    """From the start to the end of the run."""
    images_per_second: float | None
    """Results that this run wrote, divided by `wall_seconds`."""
    counts: Counts
    """How many inputs, results, dead letters and pages."""
    error_rate: Share
    """Dead letters, divided by results plus dead letters."""
    labels: dict[str, LabelFigures]
    """classify: each class that occurs, the most frequent first."""
    mean_confidence: float | None
    """Mean of all confidences."""
    confidence_histogram: Annotated[tuple[Count, ...], Field(min_length=20, max_length=20)]
    """Results in each of 20 equal intervals of confidence from 0 to 1."""
    experts: dict[str, Count]
    """Results that each expert answered; `base` is the model without one."""
    stages: dict[str, StageFigures]
    """The stages read, decode, encode and generate."""
    dead_letters_by_code: dict[str, Count]
    """Dead letters by reason, the most frequent first."""
    dead_letters_by_stage: dict[str, Count]
    """Dead letters by stage, the most frequent first."""
    metadata_coverage: dict[str, Share]
    """Share of the results for which each acquisition field is known."""
    acquisition_ranges: dict[str, Range]
    """Smallest and largest value of each acquisition field that is a number and known at all."""
    info_bars_found: Count
    """Results whose picture had an info bar, which was kept from the model."""

    def run_info(self) -> RunInfo:
        """Return the run's facts, to make the report anew."""
        facts = {name: getattr(self, name) for name in RunFacts.model_fields}
        return RunInfo(inputs=self.counts.inputs, **facts)
