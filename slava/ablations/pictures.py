"""Studies as pictures: every seed, and their mean."""

from collections.abc import Sequence
from pathlib import Path
from statistics import mean
from typing import Any

from matplotlib.figure import Figure

from slava.ablations.few_shot import SAMPLINGS
from slava.ablations.studies import Metric, Study
from slava.ablations.trials import Trial
from slava.finetuning.pictures import COLOURS, INK


def draw(study: Study, trials: Sequence[Trial], path: Path) -> None:
    """Write a PNG with the study's first two metrics."""
    panel = _by_shots if trials[0].study == "few-shot" else _by_variant
    figure = Figure(figsize=(11, 4), layout="constrained")
    drawn = list(study.metrics.items())[:2]
    for axes, (name, metric) in zip(figure.subplots(1, 2), drawn, strict=True):
        panel(axes, trials, name, metric)
        axes.spines[["top", "right"]].set_visible(False)
    figure.suptitle(f"{study.title}: means of the seeds, and all of them")
    figure.savefig(path, dpi=110)


def _by_variant(axes: Any, trials: Sequence[Trial], name: str, metric: Metric) -> None:
    variants = list(dict.fromkeys(trial.variant for trial in trials))
    for place, variant in enumerate(variants):
        values = [trial.figures[name] for trial in trials if trial.variant == variant]
        axes.barh(place, mean(values), height=0.5, color=COLOURS[0], alpha=0.25)
        axes.plot(values, [place] * len(values), "o", color=COLOURS[0], markersize=5)
    axes.set_yticks(range(len(variants)), variants)
    axes.invert_yaxis()
    axes.set_xlabel(metric.title, color=INK)


def _by_shots(axes: Any, trials: Sequence[Trial], name: str, metric: Metric) -> None:
    for sampling, colour in zip(SAMPLINGS, COLOURS, strict=True):
        found: dict[int, list[float]] = {}
        for trial in trials:
            way, _, shots = trial.variant.partition(", ")
            if way == sampling:
                found.setdefault(int(shots), []).append(trial.figures[name])
        values = list(found.values())
        axes.plot(list(found), [mean(own) for own in values], "o-", color=colour, label=sampling)
        axes.fill_between(
            list(found), [min(v) for v in values], [max(v) for v in values], color=colour, alpha=0.2
        )
    axes.set_xticks(list(found))
    axes.set_xlabel("examples a class", color=INK)
    axes.set_ylabel(metric.title, color=INK)
    axes.legend(frameon=False)
