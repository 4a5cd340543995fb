"""Rows that are written while the archive is served are found."""

import logging
import time
from pathlib import Path

import numpy as np
import pytest

from serve import archive
from serve.archive import ServedArchive
from slava.similarity import ArchiveError
from tests.serve.conftest import write_archive

MODEL, OTHER = "a" * 64, "b" * 64


def _found(served: ServedArchive, wanted: int) -> set[str]:
    """The neighbours once there are so many; a new file is read beside the requests."""
    for _ in range(200):
        found = {neighbour.uri for neighbour in served.nearest(np.ones(4, np.float32), 50)}
        if len(found) == wanted:
            break
        time.sleep(0.05)
    return found


def test_new_rows_are_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(archive, "REFRESH_S", 0.0)
    rng = np.random.default_rng(0)
    write_archive(tmp_path, "first", rng.normal(size=(3, 4)), MODEL)
    served = ServedArchive(str(tmp_path), MODEL)
    assert _found(served, 3) == {"first-0.tif", "first-1.tif", "first-2.tif"}
    write_archive(tmp_path, "second", rng.normal(size=(2, 4)), MODEL)
    assert _found(served, 5) >= {"second-0.tif", "second-1.tif"}


def test_rows_of_another_model_are_told_of_and_the_old_ones_served_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(archive, "REFRESH_S", 0.0)
    rng = np.random.default_rng(0)
    write_archive(tmp_path, "first", rng.normal(size=(3, 4)), MODEL)
    served = ServedArchive(str(tmp_path), MODEL)
    write_archive(tmp_path, "second", rng.normal(size=(2, 4)), OTHER)
    with caplog.at_level(logging.ERROR, "ray.serve"):
        for _ in range(200):
            assert len(served.nearest(np.ones(4, np.float32), 50)) == 3
            if caplog.records:
                break
            time.sleep(0.05)
    assert "another model" in caplog.text


def test_an_archive_without_rows_is_refused_at_the_start(tmp_path: Path) -> None:
    with pytest.raises(ArchiveError, match="no results there"):
        ServedArchive(str(tmp_path), MODEL)
