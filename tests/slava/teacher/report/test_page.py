"""The report's figures, and that nothing of the data acts in it."""

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest

from slava.results import Output, open_output
from slava.teacher.filters import Rejection
from slava.teacher.http.budget import Prices
from slava.teacher.report import RunInfo, write_report
from slava.teacher.triples import Triple
from slava.teacher.writing import Writer

NOW = datetime(2030, 1, 1, tzinfo=UTC)
RUN = RunInfo(
    run_id="run-1",
    teacher="vlm at fab",
    prompt_digest="d",
    command="python jobs/generate.py",
    started_at=NOW,
    finished_at=NOW,
    stopped_at_budget=False,
)
ASKED = {
    "status": "answered",
    "requests": 2,
    "prompt_tokens": 1000,
    "answer_tokens": 500,
    "thumbnail": b"jpeg",
}


@pytest.fixture
def output(tmp_path: Path) -> Output:
    return open_output(str(tmp_path / "out"))


def test_yield_reasons_and_cost(output: Output) -> None:
    writer = Writer(output, "run-1", {"teacher": "vlm at fab", "prompt_digest": "d"})
    image = {"image": "/in/<b>.tif", "member": None, "page": 0, "image_id": "1" * 64, "label": "Tips"}
    script = Triple("size", "Is <script>alert(1)</script> large?", "It is 10 nm.")
    writer.add(image, [(script, None), (script, Rejection("leak", "b.tif"))], ASKED)
    writer.flush()
    summary = write_report(output, RUN, Prices(prompt=2.0, answer=4.0))
    assert (summary.taught, summary.rejected, summary.facets) == (1, {"leak": 1}, {"size": 1})
    assert summary.yield_share == 0.5
    assert summary.cost == pytest.approx(0.004)
    assert json.loads(Path(output.path, "report.json").read_text())["requests"] == 2
    page = Path(output.path, "report.html").read_text()
    assert "&lt;script&gt;" in page
    assert "<script" not in page
    assert "&lt;b&gt;.tif" in page


def test_a_run_without_anything_has_a_report(output: Output) -> None:
    summary = write_report(output, RUN.model_copy(update={"stopped_at_budget": True}), Prices())
    assert summary.taught == 0
    assert "the budget is spent" in Path(output.path, "report.html").read_text()
