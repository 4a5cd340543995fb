"""The short table that a job prints at its end."""

from collections.abc import Iterable, Iterator

from slava.report.summary import Summary
from slava.report.wording import confidence, duration, number, percent, visible

_MOST_LABELS = 20
_WIDTH = 80


def summary_table(summary: Summary) -> str:
    """Return the summary as plain text, no line over 80 columns but the path of the report."""
    blocks = [_head(summary), _labels(summary), _codes(summary), _wrapped(summary)]
    lines = [line[:_WIDTH].rstrip() for block in blocks for line in _spaced(block)]
    if summary.output:
        lines.append(f"report  {visible(summary.output.rstrip('/'), 1000)}/report.html")
    return "\n".join(lines).rstrip() + "\n"


def _spaced(block: Iterable[str]) -> list[str]:
    lines = list(block)
    return [*lines, ""] if lines else []


def _head(summary: Summary) -> Iterator[str]:
    counts = summary.counts
    yield f"sLAVA {summary.task}, run {visible(summary.run_id, 40)}: {summary.verdict}"
    yield ""
    if counts.inputs is not None:
        yield f"{'inputs':<16}{counts.inputs:>12,}"
    yield f"{'screened':<16}{counts.results:>12,}   mean confidence {confidence(summary.mean_confidence)}"
    yield f"{'dead letters':<16}{counts.dead_letters:>12,}   {percent(summary.error_rate)}"
    yield f"{'images/s':<16}{number(summary.images_per_second):>12}   in {duration(summary.wall_seconds)}"


def _labels(summary: Summary) -> Iterator[str]:
    shown = list(summary.labels.items())[:_MOST_LABELS]
    if shown:
        yield f"{'label':<40}{'images':>12}{'share':>12}{'confidence':>14}"
    for label, figures in shown:
        mean = confidence(figures.mean_confidence)
        yield f"{visible(label, 39):<40.39}{figures.count:>12,}{percent(figures.share):>12}{mean:>14}"
    if len(summary.labels) > len(shown):
        yield f"and {len(summary.labels) - len(shown):,} more labels"


def _codes(summary: Summary) -> Iterator[str]:
    if summary.dead_letters_by_code:
        yield f"{'failed because':<40}{'inputs':>12}"
    for code, count in summary.dead_letters_by_code.items():
        yield f"{visible(code, 39):<40.39}{count:>12,}"


def _wrapped(summary: Summary) -> Iterable[str]:
    for warning in summary.warnings:
        line = "!"
        for word in visible(warning, 400).split(" "):
            if len(line) + 1 + len(word) > _WIDTH:
                yield line
                line = " "
            line += f" {word}"
        yield line
