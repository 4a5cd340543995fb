"""Figures of several seeds in Markdown."""

from collections.abc import Sequence
from statistics import mean

from slava.ablations.studies import Metric
from slava.ablations.trials import Trial


def spread(values: Sequence[float], digits: int = 3) -> str:
    """The mean, with the lowest and the highest where they differ."""
    middle, low, high = (f"{value:,.{digits}f}" for value in (mean(values), min(values), max(values)))
    return middle if low == high else f"{middle} ({low} to {high})"


def table(trials: Sequence[Trial], metrics: dict[str, Metric]) -> str:
    """A row for each variant, in the order of the trials."""
    rows = [["variant", *(metric.title for metric in metrics.values())], ["---"] * (len(metrics) + 1)]
    for variant in dict.fromkeys(trial.variant for trial in trials):
        own = [trial.figures for trial in trials if trial.variant == variant]
        told = [spread([one[name] for one in own], metric.digits) for name, metric in metrics.items()]
        rows.append([variant, *told])
    return "".join(f"| {' | '.join(row)} |\n" for row in rows)
