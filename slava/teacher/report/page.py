"""The HTML report: one file, without scripts, that loads nothing; in the style of a screening's."""

from importlib import resources

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from slava.report import wording
from slava.results import Output, whole
from slava.teacher.http.budget import Prices
from slava.teacher.report.samples import Samples, pick_samples
from slava.teacher.report.summary import RunInfo, Summary, summarize

_ENVIRONMENT = Environment(
    loader=PackageLoader("slava.teacher.report", "."),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)
_ENVIRONMENT.filters |= {
    "duration": wording.duration,
    "moment": wording.moment,
    "number": wording.number,
    "percent": wording.percent,
    "picture": wording.picture,
    "visible": wording.visible,
}
_STYLE = Markup((resources.files("slava.report") / "style.css").read_text(encoding="utf-8"))


def write_report(output: Output, run: RunInfo, prices: Prices) -> Summary:
    """Write `report.json` and `report.html` in place of older ones; return the summary."""
    summary = summarize(output, run, prices)
    texts = {
        "report.json": summary.model_dump_json(indent=2) + "\n",
        "report.html": render_html(summary, pick_samples(output)),
    }
    for name, text in texts.items():
        with whole(output, name) as part, output.filesystem.open_output_stream(part) as stream:
            stream.write(text.encode("utf-8"))
    return summary


def render_html(summary: Summary, samples: Samples) -> str:
    """The report as one HTML file. Strings are escaped, hidden characters shown."""
    return _ENVIRONMENT.get_template("template.html.jinja").render(
        summary=summary, samples=samples, style=_STYLE
    )
