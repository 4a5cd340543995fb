import pyarrow.parquet as pq
import pytest

from slava.archives import list_shards
from slava.model.checkpoints import ModelError
from slava.results import claim, open_output, results_table
from slava.screening.config import ScreenConfig
from slava.screening.done import SETTINGS
from slava.screening.estimate import estimate
from slava.screening.session import Session

LABELS = ("Tips", "Powder")


@pytest.fixture
def archive(folder, png):
    for index in range(4):
        (folder / f"{index}.png").write_bytes(png(index))
    (folder / "broken.png").write_bytes(b"x")
    (folder / "3.txt").write_text("a description")
    return folder


@pytest.fixture
def config(archive, tmp_path, tiny_checkpoint):
    return ScreenConfig(input=[str(archive)], output=str(tmp_path / "out"), model=str(tiny_checkpoint))


def _said(config, labels=LABELS):
    return "\n".join(estimate(config, labels, list_shards(config.input)))


def test_it_says_what_would_be_done_and_writes_nothing(config, tmp_path, tiny_checkpoint):
    before = sorted(tmp_path.rglob("*"))
    said = _said(config)
    assert sorted(tmp_path.rglob("*")) == before
    for part in (
        "loose files     5",
        "2 labels: Tips, Powder",
        str(tiny_checkpoint),
        "no screening there yet",
    ):
        assert part in said
    assert "<image>" in said
    assert "about 2 min for 5 inputs, 1 min of start-up included; rough" in said


def test_what_is_done_is_left_out(config):
    output = open_output(config.output)
    claim(output, SETTINGS, Session.open(config, LABELS).settings(config))
    row = {"uri": f"{config.input[0]}/0.png", "page": 0, "pages": 1}
    output.filesystem.create_dir(f"{output.path}/results")
    pq.write_table(results_table([row]), f"{output.path}/results/a.parquet")
    said = _said(config)
    assert "the settings agree; 1 inputs are done" in said
    assert "for 4 inputs" in said
    assert "for 2 inputs" in _said(config.model_copy(update={"limit": 2}))


def test_other_settings_are_named(config):
    claim(open_output(config.output), SETTINGS, {"task": "caption"})
    assert "other settings (task" in _said(config)


def test_without_a_readable_input_there_is_no_estimate(config, archive):
    for path in archive.glob("[0-9].png"):
        path.unlink()
    assert "estimate        none: of 1 inputs tried, none could be" in _said(config)


def test_other_tasks_and_unknown_counts(config, archive, png):
    import io
    import tarfile

    with tarfile.open(archive / "lot.tar.gz", "w:gz") as tar:
        info = tarfile.TarInfo("x.png")
        info.size = len(png(9))
        tar.addfile(info, io.BytesIO(png(9)))
    asked = config.model_copy(update={"task": "vqa", "question": "How many grains?"})
    said = _said(asked, ())
    assert "vqa: How many grains?" in said
    assert "tar archives    1, with an unknown number of inputs" in said
    assert "ms an image" in said


def test_a_model_that_is_not_there(config):
    with pytest.raises(ModelError):
        _said(config.model_copy(update={"model": "./nowhere"}))
