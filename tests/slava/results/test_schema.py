"""The schemas are a promise to whoever reads the Parquet files."""

import pyarrow as pa
import pytest

from slava.results import DEAD_LETTERS, RESULTS

NAMES = """uri member page pages image_id task label confidence scores text context expert gate width height
info_bar pixel_size_nm kv working_distance_mm magnification detector metadata_source model model_digest
adapter_digest prompt_digest thumbnail timings run_id finished_at features"""


@pytest.mark.parametrize("schema", [RESULTS, DEAD_LETTERS])
def test_every_field_is_described(schema):
    assert all(field.metadata[b"description"].endswith(b".") for field in schema)


def test_the_columns_stay_as_promised():
    assert " ".join(RESULTS.names).startswith(" ".join(NAMES.split()))
    assert " ".join(DEAD_LETTERS.names).startswith("uri member page stage code message run_id finished_at")


def test_both_tables_name_an_input_in_the_same_way():
    for name in ("uri", "member", "page", "run_id", "finished_at"):
        assert RESULTS.field(name).type == DEAD_LETTERS.field(name).type


def test_times_are_utc():
    assert RESULTS.field("finished_at").type == pa.timestamp("us", tz="UTC")
