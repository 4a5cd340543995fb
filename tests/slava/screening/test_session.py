import shutil

import pytest
import ray

from slava import tasks
from slava.archives import list_shards
from slava.model.checkpoints import ModelError
from slava.results import open_output
from slava.screening.config import ScreenConfig
from slava.screening.done import done_of
from slava.screening.progress import Progress
from slava.screening.session import Session, question_of


def _config(model, **other):
    return ScreenConfig(input=["a"], output="b", model=str(model), **other)


def test_the_question_follows_the_task(tiny_checkpoint):
    assert question_of(_config("m"), ("a", "b")) == tasks.classify(("a", "b"))
    assert question_of(_config("m", task="caption"), ()) == tasks.caption()
    assert question_of(_config("m", task="vqa", question="how many?"), ()) == tasks.vqa("how many?")


def test_settings_name_what_must_not_change(tiny_checkpoint):
    config = _config(tiny_checkpoint)
    before = Session.open(config, ("a", "b")).settings(config)
    changes = {"prompt": ({}, ("a", "c")), "context": ({"context": "x"}, ("a", "b"))}
    changes["own_context"] = ({"own_context": False}, ("a", "b"))
    for name, (other, labels) in changes.items():
        changed = _config(tiny_checkpoint, **other)
        after = Session.open(changed, labels).settings(changed)
        assert name in {key for key in before if before[key] != after[key]}
    same = _config(tiny_checkpoint, batch_size=2, limit=3)
    assert Session.open(same, ("a", "b")).settings(same) == before


def test_a_folder_in_which_nothing_is_new_starts_no_ray(tiny_checkpoint, tmp_path):
    (tmp_path / "a.png").write_bytes(b"x")
    config, output = _config(tiny_checkpoint), open_output(str(tmp_path / "out"))
    finished = done_of([{"uri": str(tmp_path / "a.png"), "member": None, "page": 0, "pages": 1}])
    session = Session.open(config, ("a", "b"))
    assert session.run(config, list_shards([str(tmp_path)]), finished, output, "run", Progress(0)) == 1
    assert not ray.is_initialized()


@pytest.mark.parametrize("missing", ["tokenizer.json", "processor_config.json"])
def test_half_a_checkpoint_is_named(tiny_checkpoint, tmp_path, missing):
    shutil.copytree(tiny_checkpoint, tmp_path / "half")
    (tmp_path / "half" / missing).unlink()
    with pytest.raises(ModelError, match="no whole checkpoint"):
        Session.open(_config(tmp_path / "half"), ("a", "b"))
