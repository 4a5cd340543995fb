import json

import pyarrow as pa

from slava.archives import Lost
from slava.failures import Code, InputFailure, Stage
from slava.micrographs import decode
from slava.screening import records

FAILURE = InputFailure(Stage.READ, Code.EMPTY, "no bytes")
NAMES = ["record", "thumbnail", "payload", records.ERROR]


def test_columns_are_the_same_whatever_happened(png):
    (micrograph,) = decode(png(0), "a.png")
    good = records.good(records.describe(micrograph, "a.png", None, ""), b"jpeg", b"pixels")
    bad = records.failed("b.png", "m", FAILURE)
    tables = [pa.table(records.columns(rows)) for rows in ([good], [bad], [good, bad])]
    assert all(table.schema == tables[0].schema for table in tables)
    assert tables[0].column_names == NAMES
    assert list(records.columns([])) == NAMES


def test_a_failed_row_says_why_and_skips_the_engine():
    row = records.lost(Lost("lot.tar", None, FAILURE))
    assert row[records.ERROR] == "empty"
    assert json.loads(row["record"]) == {
        "uri": "lot.tar",
        "member": None,
        "page": None,
        "stage": "read",
        "code": "empty",
        "message": "no bytes",
    }


def test_the_engines_failure_keeps_the_place_and_drops_the_rest(png):
    (micrograph,) = decode(png(0), "a.png")
    described = records.describe(micrograph, "lot.tar", "a.png", "a context")
    failed = json.loads(records.engine_failure(described, "too long")["record"])
    assert (failed["uri"], failed["member"], failed["page"]) == ("lot.tar", "a.png", 0)
    assert (failed["stage"], failed["code"], failed["message"]) == ("generate", "engine", "too long")


def test_names_that_are_not_utf8_can_travel(png):
    (micrograph,) = decode(png(0), "a.png")
    rows = [
        records.good(records.describe(micrograph, "a\udcff.png", "b\udcfe", ""), b"", b""),
        records.failed("a\udcff.png", "b\udcfe", FAILURE),
    ]
    pa.table(records.columns(rows))
    assert {json.loads(row["record"])["uri"] for row in rows} == {"a\\udcff.png"}
    assert {json.loads(row["record"])["member"] for row in rows} == {"b\\udcfe"}


def test_the_context_of_a_row(png):
    (micrograph,) = decode(png(0), "a.png")
    for context in ("5 kV", ""):
        row = records.good(records.describe(micrograph, "a.png", None, context), b"", b"")
        assert records.context_of(row) == context
