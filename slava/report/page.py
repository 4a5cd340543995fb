"""The HTML report: one file, without scripts, that loads nothing."""

from importlib import resources

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from slava.report import wording
from slava.report.explanations import explain
from slava.report.histogram import histogram_svg
from slava.report.samples import Samples
from slava.report.summary import Summary

_VERDICTS = {
    "ok": "Complete. Every input was screened.",
    "attention": "Complete, with points to look at.",
    "failed": "Failed. Do not rely on this run.",
}
_ENVIRONMENT = Environment(
    loader=PackageLoader("slava.report", "."),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)
_STYLE = Markup((resources.files("slava.report") / "style.css").read_text(encoding="utf-8"))
_ENVIRONMENT.globals |= {"explain": explain, "units": wording.UNITS}
_ENVIRONMENT.filters |= {
    "class_name": wording.class_name,
    "confidence": wording.confidence,
    "duration": wording.duration,
    "file_name": wording.file_name,
    "moment": wording.moment,
    "number": wording.number,
    "percent": wording.percent,
    "picture": wording.picture,
    "source": wording.source,
    "visible": wording.visible,
}


def render_html(summary: Summary, samples: Samples) -> str:
    """Return the report as one HTML file. Strings are escaped, hidden characters shown."""
    return _ENVIRONMENT.get_template("template.html.jinja").render(
        summary=summary,
        samples=samples,
        style=_STYLE,
        verdict=_VERDICTS[summary.verdict],
        histogram=Markup(histogram_svg(summary.confidence_histogram)),
        under_half=sum(summary.confidence_histogram[:10]),
    )
