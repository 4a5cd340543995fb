import shutil

import pytest

from slava.finetuning.config import FinetuneConfig
from slava.finetuning.samples import DataError
from slava.finetuning.session import Session


@pytest.fixture
def opened(classes, tiny_checkpoint, tmp_path):
    """Opens a session on a copy of the classes."""
    data = tmp_path / "data"
    shutil.copytree(classes, data)

    def again(**changes):
        told = {"data": str(data), "output": str(tmp_path / "out"), "model": str(tiny_checkpoint)}
        return Session.open(FinetuneConfig(**{**told, **changes}))

    return again, data


def test_data_may_be_mended_until_it_trains(opened):
    again, data = opened
    assert again().claim() == []
    (data / "dots" / "00.png").unlink()
    assert again().claim() == []
    again().folder.joinpath("checkpoints").mkdir(parents=True)
    assert again().claim() == []
    (data / "dots" / "01.png").unlink()
    assert again().claim() == ["samples"]


def test_settings_are_settled_once_it_trains(opened):
    again, _ = opened
    again().claim()
    assert again(seed=3).claim() == []
    again().folder.joinpath("checkpoints").mkdir(parents=True)
    assert again(seed=4).claim() == ["seed"]
    assert again(seed=3, num_workers=2, checkpoint_steps=7).claim() == []


def test_an_extended_set_has_no_smaller_rank(opened):
    again, _ = opened
    session = again()
    extended = Session(**{**vars(session), "extended": object()})
    with pytest.raises(DataError, match="trained in one go"):
        extended.write_smaller()
