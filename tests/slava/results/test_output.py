"""Reads stream in a known order, and fetch single rows without the rest."""

import pyarrow.parquet as pq
import pytest

from slava.results import open_output, read_dead_letters, read_results, results_table
from slava.results.output import Place, fetch_rows, locate_results


@pytest.fixture
def rows():
    return [{"uri": f"{number}.tif", "thumbnail": bytes([number % 256])} for number in range(5000)]


@pytest.fixture
def output(tmp_path, rows):
    """Three files, one of them in a subfolder, with row groups of 700 rows."""
    for name, part in (("a", rows[:2000]), ("b/c", rows[2000:2001]), ("d", rows[2001:])):
        path = tmp_path / f"results/{name}.parquet"
        path.parent.mkdir(parents=True, exist_ok=True)
        pq.write_table(results_table(part), path, row_group_size=700)
    (tmp_path / "results/_SUCCESS").touch()
    return open_output(str(tmp_path))


def test_all_rows_are_read_once_and_in_order(output, rows):
    batches = list(read_results(output, ["uri"]))
    assert [row["uri"] for batch in batches for row in batch.to_pylist()] == [row["uri"] for row in rows]
    assert all(batch.schema.names == ["uri"] for batch in batches)


def test_a_place_leads_back_to_its_row(output, rows):
    uris = {
        Place(start.file, start.row + number): uri
        for start, batch in locate_results(output, ["uri"])
        for number, uri in enumerate(batch["uri"].to_pylist())
    }
    assert len(uris) == len(rows)
    some = list(uris)[::37] + list(uris)[-1:]
    fetched = fetch_rows(output, some, ["uri", "thumbnail"])
    assert {place: row["uri"] for place, row in fetched.items()} == {place: uris[place] for place in some}
    assert all(row["thumbnail"] == bytes([int(row["uri"][:-4]) % 256]) for row in fetched.values())


def test_an_output_without_tables_has_no_rows(tmp_path):
    output = open_output(str(tmp_path / "none"))
    assert [*read_results(output), *read_dead_letters(output)] == []
    assert fetch_rows(output, [], ["uri"]) == {}
    assert not (tmp_path / "none").exists()


def test_a_column_that_an_older_table_lacks_is_null(tmp_path):
    (tmp_path / "results").mkdir()
    pq.write_table(results_table([{"uri": "a"}]).select(["uri"]), tmp_path / "results/a.parquet")
    (batch,) = read_results(open_output(str(tmp_path)), ["uri", "kv"])
    assert batch.to_pylist() == [{"uri": "a", "kv": None}]


@pytest.mark.parametrize("form", ["{}", "{}/", "file://{}"])
def test_folders_may_be_given_in_several_ways(tmp_path, form):
    assert open_output(form.format(tmp_path)).path == str(tmp_path)


def test_a_relative_folder_is_taken_from_here(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert open_output("out").path == str(tmp_path / "out")


def test_a_scheme_that_is_not_known_is_refused():
    with pytest.raises(ValueError, match="ftp"):
        open_output("ftp://host/folder")
