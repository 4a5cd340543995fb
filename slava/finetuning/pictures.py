"""What happened in a training, as a picture: the losses, and which expert takes what."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from matplotlib.figure import Figure

LOSSES = {"language": "answers", "matching": "image-text matching", "balance": "balance of the experts"}
INK, COLOURS = "#334155", ("#0f766e", "#b45309", "#7c3aed")
SMOOTHING = 0.95


def draw(
    history: Sequence[dict[str, float]],
    use: Sequence[Sequence[float]],
    experts: Sequence[str],
    groups: Sequence[str],
    path: Path,
) -> None:
    """Write a PNG: losses by step, and `use` [groups, experts], the mean weights of each group of data."""
    height = max(4.0, 0.3 * len(groups) + 1.5)
    figure = Figure(figsize=(11, height), layout="constrained")
    left, right = figure.subplots(1, 2)
    _losses(left, history)
    _use(right, np.asarray(use), experts, groups)
    figure.savefig(path, dpi=110)


def _losses(axes: Any, history: Sequence[dict[str, float]]) -> None:
    for (name, title), colour in zip(LOSSES.items(), COLOURS, strict=True):
        values = [row[name] for row in history]
        if any(values):
            axes.plot(values, color=colour, alpha=0.2, linewidth=0.8)
            axes.plot(_smooth(values), color=colour, label=title)
    axes.set(xlabel="step", ylabel="loss", title="Losses", ylim=(0, None))
    axes.legend(frameon=False)
    axes.spines[["top", "right"]].set_visible(False)


def _use(axes: Any, use: np.ndarray, experts: Sequence[str], groups: Sequence[str]) -> None:
    axes.imshow(use, vmin=0, vmax=1, cmap="Greens", aspect="auto")
    axes.set_xticks(range(len(experts)), experts, rotation=30, ha="right")
    axes.set_yticks(range(len(groups)), groups)
    axes.set_title("Which expert answers")
    for (row, column), value in np.ndenumerate(use):
        colour = "white" if value > 0.6 else INK
        axes.text(column, row, f"{100 * value:.0f} %", ha="center", va="center", color=colour, fontsize=8)


def _smooth(values: Sequence[float]) -> list[float]:
    """A running mean that begins at the first value."""
    smooth = [values[0]]
    for value in values[1:]:
        smooth.append(SMOOTHING * smooth[-1] + (1 - SMOOTHING) * value)
    return smooth
