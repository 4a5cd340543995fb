from pathlib import Path

import pytest
from PIL import Image

from slava import tasks
from slava.finetuning.samples import read_lessons
from slava.synth.lessons import LessonsConfig, write


@pytest.fixture(scope="module")
def drawn(tmp_path_factory):
    folder = tmp_path_factory.mktemp("drawn")
    assert write(LessonsConfig(output=folder, count=10)) == 0
    return folder


def test_a_class_and_something_else_about_each(drawn):
    samples = read_lessons(str(drawn / "conversations.jsonl")).samples
    assert len(samples) == 20
    classes, others = samples[::2], samples[1::2]
    assert {sample.question for sample in classes} == {tasks.classify(tasks.NFFA_LABELS).text}
    assert [sample.answer for sample in classes] == list(tasks.NFFA_LABELS)
    assert all(sample.question and sample.answer for sample in others)
    for told, also in zip(classes, others, strict=True):
        assert told.uri == also.uri
        assert Path(told.uri).parent.name == told.answer
        assert Image.open(told.uri).size == (384, 288)


def test_the_same_again(drawn, tmp_path):
    write(LessonsConfig(output=tmp_path, count=10))
    names = sorted(path.relative_to(drawn) for path in drawn.glob("images/*/*.png"))
    assert names
    for name in names:
        assert (tmp_path / name).read_bytes() == (drawn / name).read_bytes()
