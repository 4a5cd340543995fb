"""The report of a screening: `report.json`, `report.html` and the table at the end of the job."""

from slava.report.page import render_html
from slava.report.samples import Samples, pick_samples
from slava.report.summary import RunInfo, Summary
from slava.report.table import summary_table
from slava.report.tally import summarize
from slava.report.write import write_report

__all__ = [
    "RunInfo",
    "Samples",
    "Summary",
    "pick_samples",
    "render_html",
    "summarize",
    "summary_table",
    "write_report",
]
