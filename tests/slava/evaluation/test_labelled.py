"""The images of an evaluation."""

import shutil
from pathlib import Path

import pytest
from PIL import Image

from slava.archives import read_shard
from slava.datasets import DatasetError, class_folders, split_of
from slava.evaluation.labelled import divide, labelled_images, shards_of


def test_each_content_counts_once(dataset: Path, tmp_path: Path) -> None:
    shutil.copytree(dataset, tmp_path / "twice")
    shutil.copy(tmp_path / "twice" / "dots" / "dots_0.png", tmp_path / "twice" / "dots" / "copy.png")
    found = labelled_images(class_folders(tmp_path / "twice"))
    assert len(found) == 40
    assert found.image_ids == labelled_images(class_folders(dataset)).image_ids
    assert found.labels == ("dots", "lying", "plain", "upright")
    assert all(f"/{found.labels[place]}/" in uri for uri, place in zip(found.uris, found.truth, strict=True))


def test_the_scored_images_are_held_out(dataset: Path) -> None:
    images = labelled_images(class_folders(dataset))
    scored, pool = divide(images, 0.3, 1, everything=False, limit=5)
    assert len(scored) == 5
    assert {split_of(found, 0.3, 1) for found in scored.image_ids} == {"held_out"}
    assert {split_of(found, 0.3, 1) for found in pool.image_ids} == {"train"}
    everything, nothing = divide(images, 0.3, 1, everything=True, limit=None)
    assert (len(everything), len(nothing)) == (40, 0)


def test_only_the_wanted_files_are_screened(dataset: Path) -> None:
    wanted = [str(dataset / "dots" / "dots_1.png"), str(dataset / "plain" / "plain_7.png")]
    shards = shards_of(wanted)
    assert [blob.uri for shard in shards for blob in read_shard(shard)] == wanted


def test_images_that_are_not_there_by_that_name_are_named(tmp_path: Path) -> None:
    Image.new("L", (40, 40)).save(tmp_path / "a.png")
    assert len(shards_of([str(tmp_path / "a.png")])) == 1
    detour = f"{tmp_path}/../{tmp_path.name}/a.png"
    with pytest.raises(DatasetError, match=r"a\.png: no image of that name; give absolute paths"):
        shards_of([detour])
