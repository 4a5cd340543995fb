"""Outputs of screenings that never ran."""

import datetime as dt
import hashlib
import io
import random

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from PIL import Image

from slava.report import RunInfo
from slava.results import dead_letters_table, open_output, results_table

START = dt.datetime(2026, 1, 5, 6, 0, tzinfo=dt.UTC)
LABELS = ["Particles", "Fibres", "Porous_Sponge", "Tips"]
STAGES = ("read", "decode", "encode", "generate")


def _jpeg(grey):
    file = io.BytesIO()
    Image.new("L", (16, 12), grey).save(file, "JPEG")
    return file.getvalue()


def _row(number, task, rng):
    label = rng.choice(LABELS) if task == "classify" else None
    confidence = rng.choice([rng.random(), 0.5, 0.0, 1.0, float("nan"), None])
    return {
        "uri": "archive.tar",
        "member": f"lot/{number:06d}.tif",
        "page": rng.choice([0, 0, 0, 1]),
        "image_id": hashlib.sha256(str(number).encode()).hexdigest(),
        "task": task,
        "label": label,
        "confidence": confidence,
        "scores": [{"label": label, "score": 0.6}, {"label": "Other", "score": 0.4}] if label else None,
        "text": f"text {number}",
        "expert": rng.choice([None, "etch"]),
        "info_bar": rng.choice([None, {"top": 884, "bottom": 943}]),
        "pixel_size_nm": rng.choice([None, 1.5, 22.0, float("inf")]),
        "kv": rng.choice([None, 5.0]),
        "detector": rng.choice([None, "SE2"]),
        "model": "nano",
        "model_digest": "sha256:00",
        "thumbnail": _jpeg(number % 256),
        "timings": {f"{stage}_s": rng.choice([None, 0.25]) for stage in STAGES},
        "run_id": "run",
        "finished_at": START + dt.timedelta(seconds=number - 10),
    }


@pytest.fixture(scope="session")
def make_rows():
    """Make realistic rows of the results; the same ones for the same seed."""

    def make(count, task="classify", seed=0):
        rng = random.Random(seed)
        return [_row(number, task, rng) for number in range(count)]

    return make


@pytest.fixture(scope="session")
def make_dead_letters():
    """Make dead letters of three kinds."""

    def make(count):
        kinds = [("read", "empty"), ("decode", "truncated"), ("decode", "blank")]
        return [
            {"uri": f"{number}.tif", "stage": stage, "code": code, "message": "because", "run_id": "run"}
            for number in range(count)
            for stage, code in [kinds[number % 3]]
        ]

    return make


@pytest.fixture
def write_output(tmp_path):
    """Write rows and dead letters as a screening does, in files of some rows; return the output."""

    def write(rows=(), dead_letters=(), rows_a_file=700, **options):
        table = rows if isinstance(rows, pa.Table) else results_table(rows)
        for folder, whole in (("results", table), ("dead_letters", dead_letters_table(dead_letters))):
            (tmp_path / folder).mkdir()
            for start in range(0, whole.num_rows, rows_a_file):
                part = whole.slice(start, rows_a_file)
                pq.write_table(part, tmp_path / folder / f"{start:08d}.parquet", **options)
        return open_output(str(tmp_path))

    return write


@pytest.fixture
def run():
    """The facts of a run of 100 seconds."""
    return RunInfo(
        run_id="run",
        task="classify",
        model="nano",
        model_digest="sha256:00",
        command="python jobs/screen.py",
        machine="2 cores",
        output="out",
        started_at=START,
        finished_at=START + dt.timedelta(seconds=100),
    )
