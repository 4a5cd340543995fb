import csv
import io
import tarfile
import zipfile
from pathlib import Path

import numpy as np
import pytest
import tifffile
from PIL import Image, UnidentifiedImageError

from slava.synth import broken_files, file_formats
from slava.synth.archive import write_archive
from slava.synth.facts import LABELS
from slava.synth.render import render


@pytest.fixture(scope="module")
def archive(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("archive")
    write_archive(folder, count=33, broken=6, seed=2)
    return folder


def _listed(archive: Path) -> dict[str, str]:
    with (archive / "labels.csv").open(encoding="utf-8") as table:
        return {row["file"]: row["label"] for row in csv.DictReader(table)}


def _contents(archive: Path) -> dict[str, bytes]:
    files = {str(p.relative_to(archive)): p.read_bytes() for p in archive.rglob("*") if p.is_file()}
    with tarfile.open(archive / "lot-B.tar") as tar:
        for member in tar:
            stream = tar.extractfile(member)
            assert stream is not None
            files[f"lot-B.tar/{member.name}"] = stream.read()
    with zipfile.ZipFile(archive / "lot-C.zip") as zipped:
        files.update({f"lot-C.zip/{name}": zipped.read(name) for name in zipped.namelist()})
    return files


def test_every_listed_file_is_there_and_is_a_picture(archive: Path) -> None:
    listed, contents = _listed(archive), _contents(archive)
    assert len(listed) == 33
    assert set(listed.values()) <= set(LABELS)
    for name in listed:
        assert Image.open(io.BytesIO(contents[name])).size[0] in (640, 1024, 1280)


def test_names_do_not_tell_the_class(archive: Path) -> None:
    for name, label in _listed(archive).items():
        assert not any(word.lower() in name.lower() for word in label.split() if len(word) > 3)


def test_formats_and_sidecars(archive: Path) -> None:
    names = list(_contents(archive))
    for suffix in (".jpg", ".png", ".bmp", ".tif", ".jpg.txt"):
        assert any(name.endswith(suffix) for name in names)


def test_the_same_seed_gives_the_same_archive(archive: Path, tmp_path: Path) -> None:
    write_archive(tmp_path, count=33, broken=6, seed=2)
    assert _contents(tmp_path) == _contents(archive)


def test_instrument_tags_are_read_back() -> None:
    picture = render("Tips", 1)
    with tifffile.TiffFile(io.BytesIO(file_formats.zeiss_tiff(picture.pixels, picture.facts))) as tiff:
        zeiss = tiff.sem_metadata
        assert zeiss is not None
        assert zeiss["ap_actualkv"] == ("EHT", picture.facts.kv, "kV")
        assert np.array_equal(tiff.asarray(), picture.pixels)
    with tifffile.TiffFile(io.BytesIO(file_formats.fei_tiff(picture.pixels, picture.facts))) as tiff:
        fei = tiff.fei_metadata
        assert fei is not None
        assert fei["Beam"]["HV"] == picture.facts.kv * 1000
        assert fei["EBeam"]["HFW"] == pytest.approx(picture.facts.field_width_um * 1e-6, rel=1e-4)
    with tifffile.TiffFile(io.BytesIO(file_formats.two_page_tiff(picture.pixels, picture.facts))) as tiff:
        assert len(tiff.pages) == 2


def test_broken_files_are_broken() -> None:
    broken = dict(broken_files.made(6))
    assert broken["lot-A/empty.tif"] == b""
    with pytest.raises(OSError, match="truncated"):
        Image.open(io.BytesIO(broken["lot-A/cut.jpg"])).load()
    with pytest.raises(UnidentifiedImageError):
        Image.open(io.BytesIO(broken["lot-A/notes.png"]))
    with pytest.raises(Image.DecompressionBombError):
        Image.open(io.BytesIO(broken["lot-A/stitched_map.png"]))
    assert Image.open(io.BytesIO(broken["lot-A/dot.png"])).size == (1, 1)
    assert len(broken["lot-A/stitched_map.png"]) < 300_000
    with tarfile.open(fileobj=io.BytesIO(broken["lot-D.tar"])) as tar, pytest.raises(tarfile.ReadError):
        tar.getmembers()
