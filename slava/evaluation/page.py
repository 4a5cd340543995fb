"""The evaluation as one HTML file, without scripts, that loads nothing; and its report.json."""

from collections.abc import Callable
from importlib import resources
from pathlib import Path

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from slava.evaluation.drawings import interval_svg, reliability_svg
from slava.evaluation.summary import Evaluation
from slava.report.wording import class_name, picture, visible

_ENVIRONMENT = Environment(
    loader=PackageLoader("slava.evaluation", "."),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)
_FILTERS: dict[str, Callable[..., str]] = {
    "class_name": class_name,
    "interval": lambda figure: Markup(interval_svg(figure)),
    "picture": picture,
    "reliability": lambda bins: Markup(reliability_svg(bins)),
    "visible": visible,
}
_ENVIRONMENT.filters |= _FILTERS
_STYLES = ((resources.files("slava.report"), "style.css"), (resources.files("slava.evaluation"), "page.css"))


def write_evaluation(evaluation: Evaluation, folder: Path) -> None:
    """Write `report.json` and `report.html` there, in place of older ones."""
    folder.mkdir(parents=True, exist_ok=True)
    json = evaluation.model_dump_json(indent=2)
    (folder / "report.json").write_text(json + "\n", encoding="utf-8")
    (folder / "report.html").write_text(render(evaluation), encoding="utf-8")


def render(evaluation: Evaluation) -> str:
    """The report's HTML."""
    style = Markup("".join((place / name).read_text(encoding="utf-8") for place, name in _STYLES))
    metrics = list(dict.fromkeys(name for entry in evaluation.entries for name in entry.figures))
    return _ENVIRONMENT.get_template("page.html.jinja").render(
        evaluation=evaluation, style=style, metrics=metrics
    )


def comparison_table(evaluation: Evaluation) -> str:
    """The comparison as plain text, as a job prints it at its end."""
    metrics = list(dict.fromkeys(name for entry in evaluation.entries for name in entry.figures))
    lines = [f"{'':<58}{'images':>7}" + "".join(f"{name:>24}" for name in metrics)]
    for entry in evaluation.entries:
        cells = [entry.figures.get(name) for name in metrics]
        texts = [f"{c.value:.3f} [{c.low:.3f}, {c.high:.3f}]" if c else "" for c in cells]
        lines.append(
            f"{f'{entry.model}: {entry.name}':<58.57}{entry.images:>7}" + "".join(f"{t:>24}" for t in texts)
        )
    return "\n".join(line.rstrip() for line in lines) + "\n"
