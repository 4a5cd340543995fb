"""The published layouts, in small made-up copies."""

from collections.abc import Callable
from pathlib import Path
from typing import get_args

import pytest

from slava.datasets import DatasetError, Layout, read_dataset
from slava.datasets.neu_sdd import NEU_SDD_LABELS
from slava.tasks.labels import NFFA_LABELS

NFFA_FOLDERS = [
    "Porous_Sponge",
    "Patterned_surface",
    "Particles",
    "Films_Coated_Surface",
    "Powder",
    "Tips",
    "Nanowires",
    "Biological",
    "MEMS_devices_and_electrodes",
    "Fibres",
]


def _labels(root: Path, layout: Layout) -> list[str]:
    return [example.label for example in read_dataset(root, layout)]


@pytest.mark.parametrize("numbered", [True, False])
def test_sem_folders_are_the_ten_nffa_classes(make: Callable[..., Path], numbered: bool) -> None:
    names = [f"L{place}_{name}" if numbered else name for place, name in enumerate(NFFA_FOLDERS)]
    root = make(*(f"{name}/{name}_1.png" for name in names), "other/x.png")
    assert sorted(_labels(root, "sem")) == sorted(NFFA_LABELS)


def test_neu_sdd_is_read_flat(make: Callable[..., Path]) -> None:
    root = make("Cr_1.bmp", "In_20.bmp", "Pa_3.bmp", "PS_4.bmp", "RS_5.bmp", "Sc_6.bmp")
    assert sorted(_labels(root, "neu-sdd")) == sorted(NEU_SDD_LABELS)


def test_neu_sdd_is_read_from_class_folders(make: Callable[..., Path]) -> None:
    root = make("rolled-in_scale/rolled-in_scale_1.png", "pitted_surface/pitted_surface_7.png")
    assert _labels(root, "neu-sdd") == ["pitted surface", "rolled-in scale"]


def test_cmi_ratings_are_folders(make: Callable[..., Path]) -> None:
    root = make("train/5/a.png", "train/rating_9/b.png", "test/7/c.png")
    assert sorted(_labels(root, "cmi")) == ["5", "7", "9"]


def test_kth_tips_materials_are_folders(make: Callable[..., Path]) -> None:
    root = make(
        "KTH_TIPS/orange_peel/55-scale_2_im_1_col.png",
        "KTH_TIPS/sponge/21-scale_10_im_9_col.png",
        "KTH_TIPS/overview.png",
    )
    assert _labels(root, "kth-tips") == ["orange peel", "sponge"]


@pytest.mark.parametrize("layout", get_args(Layout))
def test_another_layout_is_one_line(make: Callable[..., Path], layout: Layout) -> None:
    root = make("photo.png")
    with pytest.raises(DatasetError) as caught:
        read_dataset(root, layout)
    assert str(root) in str(caught.value)
    assert "\n" not in str(caught.value)
