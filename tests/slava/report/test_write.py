"""One code path writes to folders and to S3."""

import json
import subprocess
import sys

import boto3
import pyarrow.parquet as pq
import pytest
from moto.server import ThreadedMotoServer

from slava.report import Summary, write_report
from slava.report.write import main
from slava.results import open_output, results_table


def test_both_reports_are_written_in_place_of_older_ones(make_rows, write_output, run, tmp_path):
    output = write_output(make_rows(10))
    (tmp_path / "report.html").write_text("x" * 10_000_000)
    summary = write_report(output, run)
    assert Summary.model_validate_json((tmp_path / "report.json").read_bytes()) == summary
    assert (tmp_path / "report.html").read_text(encoding="utf-8").endswith("</html>")


def test_the_keys_of_the_json_are_as_promised(make_rows, write_output, run, tmp_path):
    write_report(write_output(make_rows(10)), run)
    keys = """schema_version run_id task model model_digest command started_at finished_at wall_seconds
    counts error_rate images_per_second labels confidence_histogram dead_letters_by_code
    dead_letters_by_stage experts stages metadata_coverage info_bars_found acquisition_ranges
    warnings verdict"""
    assert set(keys.split()) <= json.loads((tmp_path / "report.json").read_text()).keys()


def test_a_report_is_made_even_where_nothing_was_written(run, tmp_path):
    assert write_report(open_output(str(tmp_path / "new/out")), run).counts.results == 0
    assert (tmp_path / "new/out/report.html").exists()


def test_made_anew_it_keeps_the_facts_of_the_run(make_rows, write_output, run, tmp_path):
    first = write_report(write_output(make_rows(10)), run)
    done = subprocess.run(
        [sys.executable, "-m", "slava.report", str(tmp_path)], capture_output=True, text=True, check=True
    )
    again = Summary.model_validate_json((tmp_path / "report.json").read_bytes())
    assert again == first.model_copy(update={"output": str(tmp_path)})
    assert done.stdout.splitlines()[-1].endswith("report.html")


def test_made_anew_without_the_first_report(make_rows, make_dead_letters, write_output, tmp_path, capsys):
    write_output(make_rows(10), make_dead_letters(2))
    assert main([str(tmp_path)]) == 0
    summary = Summary.model_validate_json((tmp_path / "report.json").read_bytes())
    assert (summary.run_id, summary.task, summary.model) == ("run", "classify", "nano")
    assert summary.images_per_second is None
    assert "screened" in capsys.readouterr().out


def test_made_anew_from_dead_letters_alone(make_dead_letters, write_output, tmp_path):
    write_output(dead_letters=make_dead_letters(2))
    assert main([str(tmp_path)]) == 0


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        ([], 2, "usage"),
        (["--help"], 2, "usage"),
        (["/nowhere"], 1, "no results and no dead letters"),
        (["ftp://a/b"], 1, "ftp"),
    ],
)
def test_mistakes_are_one_clear_line(arguments, code, message, capsys):
    assert main(arguments) == code
    error = capsys.readouterr().err
    assert message in error
    assert len(error.splitlines()) == 1


@pytest.fixture
def bucket(monkeypatch):
    """A bucket on a real S3 server of this machine."""
    server = ThreadedMotoServer("127.0.0.1", 0, verbose=False)
    server.start()
    endpoint = "http://{}:{}".format(*server.get_host_and_port())
    for name, value in {
        "AWS_ENDPOINT_URL": endpoint,
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
        "AWS_REGION": "us-east-1",
        "AWS_EC2_METADATA_DISABLED": "true",
    }.items():
        monkeypatch.setenv(name, value)
    client = boto3.client("s3", region_name="us-east-1", endpoint_url=endpoint)
    client.create_bucket(Bucket="fab")
    yield client
    server.stop()


def test_an_output_on_s3(bucket, make_rows, run):
    output = open_output("s3://fab/w47/")
    pq.write_table(
        results_table(make_rows(50)), f"{output.path}/results/a.parquet", filesystem=output.filesystem
    )
    summary = write_report(output, run)
    assert summary.counts.results == 50
    stored = bucket.get_object(Bucket="fab", Key="w47/report.json")["Body"].read()
    assert Summary.model_validate_json(stored) == summary
    assert b"data:image/jpeg" in bucket.get_object(Bucket="fab", Key="w47/report.html")["Body"].read()
