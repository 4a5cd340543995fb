"""What becomes of rows, whatever the endpoint said."""

import json
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pytest

from slava.results import Output, open_output, read_dead_letters
from slava.screening.records import ERROR
from slava.teacher.http.budget import Usage
from slava.teacher.http.session import Outcome
from slava.teacher.known import Known
from slava.teacher.marking import Marker
from slava.teacher.resuming import Past, look_back, rows
from slava.teacher.writing import Writer

GOOD = {"facet": "surface", "question": "Is it rough?", "reasoning": "", "answer": "Yes, it is."}


@pytest.fixture
def output(tmp_path: Path) -> Output:
    return open_output(str(tmp_path / "out"))


def _row(known: Known, number: int, status: str, content: str = "") -> dict[str, Any]:
    image = {"image": f"/in/{number}.tif", "member": None, "page": 0, "image_id": f"{number:064x}"}
    record = {"image": {**image, "label": None}, "known": known.to_dict(), "triples": []}
    outcome = Outcome(status, content, prompt_tokens=10, answer_tokens=1, requests=1)
    response = {"outcome": json.dumps(asdict(outcome))}
    return {"record": json.dumps(record), "thumbnail": b"", ERROR: "", "http_response": response}


def test_each_outcome_has_its_place(output: Output, known: Known) -> None:
    marker = Marker(writer := Writer(output, "run", {"teacher": "t", "prompt_digest": "d"}), Past())
    good = json.dumps({"triples": [GOOD, {**GOOD, "question": "Which file is W12_site3.tif?"}]})
    marker.mark(_row(known, 1, "answered", good))
    marker.mark(_row(known, 1, "answered", good))  # the same content under another name
    marker.mark(_row(known, 2, "unreadable", "blah"))
    marker.mark(_row(known, 3, "refused", "I will not."))
    marker.mark(_row(known, 4, "failed", "HTTP 500"))
    assert not marker.stopped
    marker.mark(_row(known, 5, "unaffordable"))
    writer.flush()
    assert (marker.stopped, marker.failures, marker.unaffordable) == (True, 1, 1)
    assert [row["id"] for row in rows(output, "conversations", ["id"])] == [f"{1:064x}-0"]
    assert [r["reason"] for r in rows(output, "rejected", ["reason"])] == ["leak", "unreadable", "refusal"]
    assert [b["message"].to_pylist() for b in read_dead_letters(output, ["message"])] == [["HTTP 500"]]
    past = look_back(output)
    assert past.done == {f"{number:064x}" for number in (1, 2, 3)}
    assert past.usage == Usage(50, 5)
