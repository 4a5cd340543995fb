"""Rows become tables that conform and survive Parquet, whatever strings they hold."""

import datetime as dt
import io

import numpy as np
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from slava.results import DEAD_LETTERS, RESULTS, dead_letters_table, results_table, storable

HOSTILE = st.one_of(
    st.text(st.characters(codec=None, exclude_categories=())),
    st.binary().map(lambda raw: raw.decode("utf-8", "surrogateescape")),
    st.sampled_from(["", "\0", "\u202egnp.tif", "<script>alert(1)</script>", "x" * 100_000, "../../a"]),
)
ROWS = st.lists(
    st.fixed_dictionaries(
        {"uri": HOSTILE},
        optional={
            "member": HOSTILE | st.none(),
            "text": HOSTILE,
            "page": st.integers(0, 2**31 - 1),
            "confidence": st.floats(0, 1, width=32),
            "scores": st.lists(st.fixed_dictionaries({"label": HOSTILE, "score": st.floats(0, 1, width=32)})),
            "thumbnail": st.binary(),
            "features": st.lists(st.floats(width=16)),
            "finished_at": st.datetimes(
                dt.datetime(1970, 1, 1), dt.datetime(2100, 1, 1), timezones=st.just(dt.UTC)
            ),
        },
    ),
    max_size=5,
)


@given(ROWS)
def test_any_rows_survive_parquet(rows):
    file = io.BytesIO()
    pq.write_table(results_table(rows), file)
    table = pq.read_table(file)
    assert table.schema == RESULTS
    assert table.field("uri").metadata[b"description"] == RESULTS.field("uri").metadata[b"description"]
    for row, stored in zip(rows, table.to_pylist(), strict=True):
        assert stored["uri"] == storable(row["uri"])
        assert stored["page"] == row.get("page")
        assert stored["thumbnail"] == row.get("thumbnail")
        assert str(stored["features"]) == str(row.get("features"))  # as text: a NaN is none of its own


@given(
    st.lists(arrays(np.float32, st.integers(0, 800), elements=st.floats(-65504, 65504, width=32)), max_size=4)
)
def test_features_survive_parquet_in_half_precision(vectors):
    file = io.BytesIO()
    pq.write_table(results_table([{"features": vector} for vector in [*vectors, None]]), file)
    (*stored, none) = pq.read_table(file)["features"].to_pylist()
    assert none is None
    for vector, halves in zip(vectors, stored, strict=True):
        assert halves == vector.astype(np.float16).tolist()


@given(HOSTILE, HOSTILE)
def test_names_that_differ_in_odd_bytes_stay_different(one, other):
    assert storable(storable(one)) == storable(one)
    if "\\" not in one + other:
        assert (storable(one) == storable(other)) == (one == other)


def test_a_key_that_is_absent_becomes_null():
    table = results_table([{"uri": "a.tif"}])
    assert table["uri"].to_pylist() == ["a.tif"]
    assert all(table[name].null_count == 1 for name in RESULTS.names if name != "uri")


def test_no_rows_still_have_the_schema():
    assert results_table([]).schema == RESULTS
    assert dead_letters_table([]).schema == DEAD_LETTERS


def test_numpy_numbers_are_taken():
    table = results_table([{"confidence": np.float32(0.5), "width": np.int64(3)}])
    assert table.select(["confidence", "width"]).to_pylist() == [{"confidence": 0.5, "width": 3}]


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("page", "3"),
        ("page", 1.5),
        ("page", 2**31),
        ("confidence", "high"),
        ("uri", 7),
        ("scores", {"a": 1}),
        ("scores", [("a", 1)]),
        ("info_bar", 5),
        ("info_bar", {"top": 1.5}),
        ("info_bar", {"top": 1, "foot": 2}),
        ("page", True),
        ("text", b"abc"),
        ("thumbnail", "abc"),
        ("scores", "abc"),
        ("finished_at", dt.datetime(2026, 1, 5)),
        ("thumbnail", 5),
        ("finished_at", "today"),
        ("features", "abc"),
        ("features", 5),
        ("features", [None, "a"]),
        ("features", np.array(["a"])),
        ("features", np.zeros((2, 2), np.float32)),
    ],
)
def test_a_value_of_another_type_names_the_field(field, value):
    with pytest.raises(TypeError, match=f"field {field} should be "):
        results_table([{"uri": "a"}, {field: value}])


def test_a_key_that_the_schema_lacks_is_named():
    with pytest.raises(TypeError, match="no such field: labels"):
        dead_letters_table([{"labels": "x"}])
