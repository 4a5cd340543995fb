"""Classes from folders and from tables."""

from pathlib import Path

import pytest

from slava.teacher.labels import Labels, LabelTableError


def test_folders() -> None:
    labels = Labels.read("folder")
    assert labels.of("/data/Tips/a.tif", None) == "Tips"
    assert labels.of("s3://lot/Fibres/a.tif", None) == "Fibres"
    assert labels.of("/data/lot.tar", "Powder/x/a.tif") == "x"
    assert labels.of("/data/lot.tar", "a.tif") is None


def test_a_table_names_files_by_their_last_folders(tmp_path: Path) -> None:
    table = tmp_path / "labels.csv"
    table.write_text("file,label\nlot-A/a.tif,Tips\nlot.tar/b.tif,Powder\n", encoding="utf-8-sig")
    labels = Labels.read(str(table))
    assert labels.of("/data/lot-A/a.tif", None) == "Tips"
    assert labels.of("/data/lot.tar", "b.tif") == "Powder"
    assert labels.of("/data/lot-B/a.tif", None) is None


def test_without_a_source_there_are_none() -> None:
    assert Labels.read(None).of("/data/Tips/a.tif", None) is None


@pytest.mark.parametrize("content", [None, "name,class\na,b\n", "file,label\n\xff"])
def test_a_bad_table_is_one_line(tmp_path: Path, content: str | None) -> None:
    table = tmp_path / "labels.csv"
    if content is not None:
        table.write_text(content, encoding="latin-1")
    with pytest.raises(LabelTableError, match="--labels-from"):
        Labels.read(str(table))
