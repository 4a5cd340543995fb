"""From a folder to measured micrographs, and failures as dead letters."""

import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from slava.archives import list_shards
from slava.datasets import Split, image_id, split_of
from slava.screening.records import ERROR
from slava.teacher.http.prompts import Prompts
from slava.teacher.http.requests import RequestBuilder
from slava.teacher.labels import Labels
from slava.teacher.reading import Reader


@pytest.fixture
def archive(tmp_path: Path) -> Path:
    folder = tmp_path / "Particles"
    folder.mkdir()
    noise = np.random.default_rng(0).integers(0, 255, (64, 80), np.uint8)
    Image.fromarray(noise).save(folder / "good.png")
    (folder / "bad.png").write_bytes(b"no image")
    (folder / "empty.tif").write_bytes(b"")
    return tmp_path


def _rows(archive: Path, reader: Reader) -> list[dict]:
    return [row for shard in list_shards([str(archive)]) for row in reader.rows(shard)]


def test_a_good_one_is_taught_and_bad_ones_are_dead_letters(archive: Path) -> None:
    found = _rows(archive, Reader(Labels.read("folder"), frozenset(), None))
    codes = sorted(json.loads(row["record"])["code"] for row in found if row[ERROR])
    assert codes == ["empty", "not_an_image"]
    (good,) = [row for row in found if not row[ERROR]]
    record = json.loads(good["record"])
    assert record["image"]["label"] == "Particles"
    assert record["triples"][0]["answer"] == "It shows: Particles."
    assert record["known"]["file_names"] == ["good.png"]
    assert good["payload"] == ""
    assert good["thumbnail"].startswith(b"\xff\xd8")


def test_for_an_endpoint_there_is_a_request_and_nothing_is_taught(archive: Path) -> None:
    builder = RequestBuilder(Prompts.read(), "vlm", 100, 3, 64)
    found = _rows(archive, Reader(Labels(), frozenset(), builder))
    (good,) = [row for row in found if not row[ERROR]]
    assert json.loads(good["payload"])["model"] == "vlm"
    assert json.loads(good["record"])["triples"] == []
    assert {type(row["payload"]) for row in found} == {str}


def test_what_is_done_is_left_out(archive: Path) -> None:
    first = _rows(archive, Reader(Labels(), frozenset(), None))
    done = {json.loads(row["record"])["image"]["image_id"] for row in first if not row[ERROR]}
    again = _rows(archive, Reader(Labels(), frozenset(done), None))
    assert all(row[ERROR] for row in again)
    assert len(again) == 2


def test_one_side_of_the_split_is_left_out(archive: Path) -> None:
    good = archive / "Particles" / "good.png"
    own = split_of(image_id(str(good)), 0.5)
    other: Split = "train" if own == "held_out" else "held_out"
    for side, count in ((own, 1), (other, 0)):
        found = _rows(archive, Reader(Labels(), frozenset(), None, (side, 0.5)))
        assert len([row for row in found if not row[ERROR]]) == count
