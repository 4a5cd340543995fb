"""What becomes of a row that comes out of the pipeline: triples, sifted and written, or a dead letter."""

import json
from dataclasses import asdict
from typing import Any

from slava.failures import Code, InputFailure, Stage
from slava.screening.records import ERROR, failed
from slava.teacher.filters import sift
from slava.teacher.http.answers import read_triples
from slava.teacher.http.session import Outcome
from slava.teacher.known import Known
from slava.teacher.resuming import Past
from slava.teacher.triples import Triple
from slava.teacher.writing import Writer

UNASKED = Outcome("answered", "", prompt_tokens=0, answer_tokens=0, requests=0)
"""Of a micrograph that the measuring teacher answered."""


class Marker:
    """Writes what comes out, each micrograph once."""

    def __init__(self, writer: Writer, past: Past) -> None:
        self.writer, self.done, self.duplicates = writer, past.done, past.duplicates
        self.failures = 0
        self.unaffordable = 0
        """Micrographs in a row for which the budget did not suffice."""
        self.stopped = False
        """Whether there was any such."""

    def mark(self, row: dict[str, Any]) -> None:
        """Take a row over."""
        record = json.loads(row["record"])
        if row[ERROR]:
            self._fail(record)
            return
        outcome = _outcome(row)
        asked = {**asdict(outcome), "thumbnail": row["thumbnail"]}
        del asked["content"]
        if outcome.status == "unaffordable":
            self._leave(record["image"], asked)
        elif record["image"]["image_id"] not in self.done:
            self.unaffordable = 0
            self._take(record, outcome, asked)

    def _leave(self, image: dict[str, Any], asked: dict[str, Any]) -> None:
        self.unaffordable, self.stopped = self.unaffordable + 1, True
        if asked["requests"]:
            self.writer.add_vain(image, asked)

    def _take(self, record: dict[str, Any], outcome: Outcome, asked: dict[str, Any]) -> None:
        image = record["image"]
        if outcome.status == "failed":
            failure = InputFailure(Stage.GENERATE, Code.ENGINE, outcome.content)
            letter = failed(image["image"], image["member"], failure, image["page"])
            self._fail(json.loads(letter["record"]))
            self.writer.add_vain(image, asked)
            return
        self.done.add(image["image_id"])
        if outcome.status != "answered":
            self.writer.add_unreadable(image, outcome.status, outcome.content, asked)
            return
        written = [Triple(**triple) for triple in record["triples"]]
        triples = written if outcome is UNASKED else read_triples(outcome.content)
        judged = sift(triples, Known.from_dict(record["known"]), self.duplicates)
        self.writer.add(image, judged, asked)

    def _fail(self, letter: dict[str, Any]) -> None:
        self.failures += 1
        self.writer.add_failed(letter)


def _outcome(row: dict[str, Any]) -> Outcome:
    response = row.get("http_response")
    return Outcome(**json.loads(response["outcome"])) if response else UNASKED
