"""Neighbours are found in real tables, as the formula says, and in the same order."""

import tempfile
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays
from numpy.typing import NDArray

from slava.results import results_table
from slava.similarity import Archive, ArchiveError

MODEL, OTHER = "a" * 64, "b" * 64
FEATURES = arrays(
    np.float16,
    array_shapes(min_dims=2, max_dims=2, min_side=1, max_side=12),
    elements=st.floats(-1000, 1000, width=16),
)


def _rows(features, first=0, **common):
    return [
        {
            "image_id": f"{first + number:064d}",
            "uri": f"{first + number}.tif",
            "page": 0,
            "label": "Tips",
            "confidence": 0.5,
            "thumbnail": f"jpeg of {first + number}".encode(),
            "model_digest": MODEL,
            "features": vector,
            **common,
        }
        for number, vector in enumerate(features)
    ]


def _write(folder: Path, name: str, rows, without: tuple[str, ...] = ()):
    (folder / "results").mkdir(exist_ok=True)
    table = results_table(rows).drop_columns(list(without))
    pq.write_table(table, folder / f"results/{name}.parquet", row_group_size=7)


def _scores(features_ND: NDArray[np.float16], asked_D: NDArray[np.float16]) -> NDArray[np.float64]:
    """The formula, in double precision."""
    known_ND = features_ND.astype(np.float64)
    spread_D = known_ND.std(0)
    spread_D[spread_D == 0] = 1
    directions_ND = (known_ND - known_ND.mean(0)) / spread_D
    asked_D = (asked_D - known_ND.mean(0)) / spread_D
    lengths_N = np.linalg.norm(directions_ND, axis=1) * np.linalg.norm(asked_D)
    return directions_ND @ asked_D / np.maximum(lengths_N, 1e-12)


@pytest.fixture
def features() -> NDArray[np.float32]:
    """[50, 16] with a large common part, as micrographs' are."""
    rng = np.random.default_rng(0)
    return (rng.normal(size=(50, 16)) + 20 * rng.normal(size=16)).astype(np.float32)


def test_a_micrograph_is_its_own_nearest(tmp_path, features):
    _write(tmp_path, "a", _rows(features[:20]))
    _write(tmp_path, "b", _rows(features[20:], first=20, member="x.png", label=None, confidence=None))
    archive = Archive.open(str(tmp_path), MODEL)
    assert (len(archive), archive.left_out) == (50, 0)
    for row in (3, 33):
        found = archive.nearest(features[row], 5)
        assert [neighbour.score for neighbour in found] == sorted((n.score for n in found), reverse=True)
        assert found[0].score == pytest.approx(1, abs=1e-3)
        assert len({neighbour.uri for neighbour in found}) == 5
        assert found[0].uri == f"{row}.tif"
        for neighbour in found:
            number = int(neighbour.uri.removesuffix(".tif"))
            fields = ("x.png", None, None) if number >= 20 else (None, "Tips", 0.5)
            assert (neighbour.member, neighbour.label, neighbour.confidence) == fields
            assert neighbour.thumbnail == f"jpeg of {number}".encode()
            assert (neighbour.image_id, neighbour.page) == (f"{number:064d}", 0)


@given(FEATURES)
@settings(max_examples=50, deadline=None)
def test_scores_are_those_of_the_formula(features_ND):
    with tempfile.TemporaryDirectory() as folder:
        _write(Path(folder), "a", _rows(features_ND))
        archive = Archive.open(folder, MODEL)
        assert archive.directions_ND.dtype == torch.float16
        assert archive.directions_ND.shape == features_ND.shape
        found = archive.nearest(features_ND[0].astype(np.float32), len(features_ND) + 1)
    scores = _scores(features_ND, features_ND[0])
    assert len(found) == len(features_ND)
    for neighbour in found:
        assert neighbour.score == pytest.approx(scores[int(neighbour.uri.removesuffix(".tif"))], abs=5e-3)


def test_neither_the_common_part_nor_a_loud_dimension_decides(tmp_path):
    """Two classes differ a little in all dimensions; all share much, and one dimension is loud by chance."""
    rng = np.random.default_rng(0)
    truth = np.arange(60) % 2
    features = rng.normal(size=(60, 64)) * 0.3 + np.outer(truth * 2 - 1, rng.normal(size=64)) * 0.3 + 10
    features[:, 0] = rng.normal(size=60) * 40
    _write(tmp_path, "a", _rows(features.astype(np.float32)))
    raw = features / np.linalg.norm(features, axis=1, keepdims=True)
    nearest = np.argsort(-raw @ raw.T, axis=1)[:, 1:6]
    assert (truth[nearest] == truth[:, None]).mean() < 0.8
    archive = Archive.open(str(tmp_path), MODEL)
    for number, vector in enumerate(features.astype(np.float32)):
        _, *others = archive.nearest(vector, 6)
        assert {truth[int(other.uri.removesuffix(".tif"))] for other in others} == {truth[number]}


def test_rows_of_an_earlier_version_are_left_out(tmp_path, features):
    _write(tmp_path, "a", _rows(features[:10]), without=("features",))
    mixed = _rows(features[10:20], first=10)
    del mixed[4]["features"]
    _write(tmp_path, "b", mixed)
    archive = Archive.open(str(tmp_path), MODEL)
    assert (len(archive), archive.left_out) == (9, 11)
    found = {neighbour.uri: neighbour for neighbour in archive.nearest(features[19], 50)}
    assert set(found) == {f"{number}.tif" for number in range(10, 20)} - {"14.tif"}
    assert all(found[uri].thumbnail == f"jpeg of {uri[:2]}".encode() for uri in found)


def test_an_archive_without_features_says_so(tmp_path, features):
    _write(tmp_path, "a", _rows(features), without=("features",))
    with pytest.raises(ArchiveError, match=r"without features: screen it into another folder$"):
        Archive.open(str(tmp_path), MODEL)


def test_a_folder_without_results_says_so(tmp_path):
    with pytest.raises(ArchiveError, match=r"no results there: give the --output of a screening$"):
        Archive.open(str(tmp_path / "none"), MODEL)


@pytest.mark.parametrize("last", [MODEL, OTHER])
def test_rows_of_another_model_say_so(tmp_path, features, last):
    _write(tmp_path, "a", _rows(features[:10], model_digest=OTHER))
    _write(tmp_path, "b", _rows(features[10:], model_digest=last))
    with pytest.raises(ArchiveError, match=r"another model made rows of it \(b{12}, here a{12}\), [^\n]*$"):
        Archive.open(str(tmp_path), MODEL)
