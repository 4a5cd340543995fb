"""Any folder of class folders."""

from collections.abc import Callable
from pathlib import Path

import pytest

from slava.datasets import DatasetError, Example, class_folders


def test_the_label_is_the_folder_name(make: Callable[..., Path]) -> None:
    root = make("ok/b.png", "ok/deep/a.png", "not_ok/c.png", ".hidden/d.png", "notes.png")
    assert class_folders(str(root)) == [
        Example(f"{root}/not_ok/c.png", "not_ok"),
        Example(f"{root}/ok/b.png", "ok"),
        Example(f"{root}/ok/deep/a.png", "ok"),
    ]


@pytest.mark.parametrize(
    ("names", "empty", "said"),
    [
        ([], None, "no such folder"),
        (["a.png"], None, "no class folders in it"),
        (["ok/a.png"], None, "only one class folder, ok"),
        (["ok/a.png"], "void", "void: no images in it"),
    ],
)
def test_what_is_no_data_set_is_one_line(
    make: Callable[..., Path], names: list[str], empty: str | None, said: str
) -> None:
    root = make(*names)
    if empty:
        (root / empty).mkdir()
    with pytest.raises(DatasetError) as caught:
        class_folders(root)
    assert said in str(caught.value)
    assert str(root) in str(caught.value)
    assert "\n" not in str(caught.value)
