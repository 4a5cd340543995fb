"""What a screening leaves behind: two Parquet tables with a documented schema, and how to read them."""

from slava.results.claims import ClaimError, changed_settings, claim, write_settings
from slava.results.output import Output, open_output, read_dead_letters, read_results, result_files, whole
from slava.results.schema import DEAD_LETTERS, RESULTS
from slava.results.tables import dead_letters_table, results_table, storable

__all__ = [
    "DEAD_LETTERS",
    "RESULTS",
    "ClaimError",
    "Output",
    "changed_settings",
    "claim",
    "dead_letters_table",
    "open_output",
    "read_dead_letters",
    "read_results",
    "result_files",
    "results_table",
    "storable",
    "whole",
    "write_settings",
]
