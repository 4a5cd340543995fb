"""Makes `report.json` and `report.html` from the tables, at the end of a run or anew at any time."""

import sys

from pyarrow import fs

from slava.report.page import render_html
from slava.report.samples import pick_samples
from slava.report.summary import RunInfo, Summary
from slava.report.table import summary_table
from slava.report.tally import summarize
from slava.results import Output, open_output, read_dead_letters, read_results

_FACTS = ["run_id", "task", "model", "model_digest"]


def write_report(output: Output, run: RunInfo) -> Summary:
    """Write `report.json` and `report.html` beside the tables, in place of older ones; return the summary."""
    summary = summarize(output, run)
    html = render_html(summary, pick_samples(output, summary.task))
    output.filesystem.create_dir(output.path, recursive=True)
    _write(output, "report.json", summary.model_dump_json(indent=2) + "\n")
    _write(output, "report.html", html)
    return summary


def recall_run(output: Output) -> RunInfo:
    """Return the facts of the run from its last `report.json`, or, without one, what the tables tell."""
    path = f"{output.path}/report.json"
    if output.filesystem.get_file_info(path).type == fs.FileType.File:
        with output.filesystem.open_input_stream(path) as stream:
            return Summary.model_validate_json(stream.read()).run_info()
    for batch in read_results(output, _FACTS):
        if batch.num_rows:
            return RunInfo.model_validate({**batch.slice(0, 1).to_pylist()[0]})
    for batch in read_dead_letters(output, ["run_id"]):
        if batch.num_rows:
            return RunInfo(run_id=batch["run_id"][0].as_py(), task="unknown", model="unknown")
    raise FileNotFoundError(f"no results and no dead letters under {output.path}")


def main(arguments: list[str]) -> int:
    """Make the report of the output that is the one argument anew, and print its table."""
    if len(arguments) != 1 or arguments[0].startswith("-"):
        print("usage: python -m slava.report OUTPUT", file=sys.stderr)
        return 2
    try:
        output = open_output(arguments[0])
        run = recall_run(output).model_copy(update={"output": arguments[0]})
    except (OSError, ValueError) as error:
        print(f"slava.report: {error}", file=sys.stderr)
        return 1
    print(summary_table(write_report(output, run)), end="")
    return 0


def _write(output: Output, name: str, text: str) -> None:
    with output.filesystem.open_output_stream(f"{output.path}/{name}") as stream:
        stream.write(text.encode("utf-8"))
