"""What somebody should look at in a run, and whether it counts as one that succeeded."""

from typing import Any, Literal

from slava.report.summary import Counts, LabelFigures, RunInfo
from slava.report.wording import percent

Verdict = Literal["ok", "attention", "failed"]

_UNSURE = 0.5
_ONE_SIDED = 0.95
_ENOUGH = 20
"""Classes and runs smaller than this say nothing about the model."""


def judge(
    figures: dict[str, Any], first_pages: int, models: int, run: RunInfo
) -> tuple[Verdict, tuple[str, ...]]:
    """Return the verdict and the warnings, the gravest first."""
    counts: Counts = figures["counts"]
    grave = [*_no_results(counts), *_over_limit(figures["error_rate"], run.max_error_rate)]
    minor = [
        *_lost(counts, first_pages),
        *_mixed(models),
        *_some_failed(counts, grave),
        *_unsure(figures["labels"]),
        *_one_sided(figures["labels"]),
    ]
    verdict: Verdict = "failed" if grave else "attention" if minor else "ok"
    return verdict, (*grave, *minor)


def _no_results(counts: Counts) -> list[str]:
    if counts.results:
        return []
    return ["No image was screened." if counts.dead_letters else "There was nothing to screen."]


def _over_limit(error_rate: float, limit: float | None) -> list[str]:
    if limit is None or error_rate <= limit:
        return []
    return [f"{percent(error_rate)} of the inputs failed, more than the {percent(limit)} allowed."]


def _lost(counts: Counts, first_pages: int) -> list[str]:
    missing = (counts.inputs or 0) - first_pages
    if missing <= 0:
        return []
    return [
        f"{missing:,} of {counts.inputs:,} inputs left neither a result nor a dead letter: the run was "
        "limited or cut short. The same command again resumes it."
    ]


def _mixed(models: int) -> list[str]:
    return [f"The results come from {models} different models; do not compare them."] if models > 1 else []


def _some_failed(counts: Counts, grave: list[str]) -> list[str]:
    if grave or not counts.dead_letters:
        return []
    inputs = "input" if counts.dead_letters == 1 else "inputs"
    return [f"{counts.dead_letters:,} {inputs} could not be screened; the reasons are listed under failures."]


def _unsure(labels: dict[str, LabelFigures]) -> list[str]:
    return [
        f"The model is unsure of the class {label}: mean confidence {figures.mean_confidence:.2f}."
        for label, figures in labels.items()
        if figures.count >= _ENOUGH
        and figures.mean_confidence is not None
        and figures.mean_confidence < _UNSURE
    ]


def _one_sided(labels: dict[str, LabelFigures]) -> list[str]:
    return [
        f"{percent(figures.share)} of the images are {label}: check that the labels fit this archive."
        for label, figures in labels.items()
        if figures.count >= _ENOUGH and figures.share > _ONE_SIDED
    ]
