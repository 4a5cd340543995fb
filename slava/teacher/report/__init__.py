"""The report of a generation: `report.json` and `report.html`."""

from slava.teacher.report.page import write_report
from slava.teacher.report.summary import RunInfo, Summary

__all__ = ["RunInfo", "Summary", "write_report"]
