import json
from pathlib import Path

import pytest
import torch
from safetensors.torch import save_file

from slava.finetuning.kept import SNAPSHOT, go_on_from


@pytest.fixture
def checkpoints(tmp_path: Path) -> list[Path]:
    """Four whole ones, oldest first, beside Ray's list."""
    (tmp_path / SNAPSHOT).touch()
    made = [tmp_path / f"checkpoint_2026-01-0{day}" for day in range(1, 5)]
    for folder in made:
        folder.mkdir()
        save_file({"a": torch.ones(3)}, folder / "trainable.safetensors")
        save_file({"a/step": torch.ones(1)}, folder / "optimizer.safetensors")
        (folder / "state.json").write_text(json.dumps([]))
    return made


def test_the_newest_is_gone_on_from_and_the_oldest_go(checkpoints):
    folder = checkpoints[0].parent
    assert go_on_from(folder) == checkpoints[-1]
    assert sorted(folder.iterdir()) == checkpoints[-2:]


@pytest.mark.parametrize("name", ["trainable.safetensors", "optimizer.safetensors", "state.json"])
@pytest.mark.parametrize("cut", [True, False])
def test_one_that_is_not_whole_is_told_and_passed_over(checkpoints, name, cut, capsys):
    broken = checkpoints[-1] / name
    if cut:
        broken.write_bytes(broken.read_bytes()[:-3])
    else:
        broken.unlink()
    assert go_on_from(broken.parents[1]) == checkpoints[-2]
    assert f"{broken}: the checkpoint is damaged" in capsys.readouterr().out
    assert not broken.parent.exists()


def test_no_checkpoint_is_a_start_from_the_beginning(tmp_path):
    assert go_on_from(tmp_path / "nothing") is None
