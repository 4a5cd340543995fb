import pytest

from slava.cli import run
from slava.datasets import DatasetError
from slava.datasets.nffa_counts import CountsConfig, nffa_counts, write
from slava.evaluation.references import read_references


@pytest.fixture
def counted(tmp_path):
    (tmp_path / "cropped" / "Particles").mkdir(parents=True)
    (tmp_path / "cropped" / "Particles" / "a.jpg").write_bytes(b"a micrograph")
    (tmp_path / "counts_Particles.csv").write_text("image,count\na.jpg,13\n")
    return tmp_path


def test_counts_become_references(counted):
    target = counted / "counts.jsonl"
    argv = ["--folder", str(counted), "--output", str(target)]
    assert run(CountsConfig, write, "nffa_counts", argv) == 0
    [found] = read_references(target)
    assert (found.question, found.answer) == ("How many particles are visible?", "13")
    assert found.image == str(counted / "cropped" / "Particles" / "a.jpg")


def test_a_missing_image_is_named(counted):
    (counted / "cropped" / "Particles" / "a.jpg").unlink()
    with pytest.raises(DatasetError, match=r"a\.jpg: counted in counts_Particles\.csv"):
        list(nffa_counts(counted))


def test_another_folder_is_told(tmp_path, capsys):
    argv = ["--folder", str(tmp_path), "--output", str(tmp_path / "x")]
    assert run(CountsConfig, write, "nffa_counts", argv) == 2
    assert "no counts_CLASS.csv" in capsys.readouterr().err
