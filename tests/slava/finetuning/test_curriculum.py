import pytest

from slava.finetuning.curriculum import Curriculum
from slava.finetuning.features import Seen
from slava.finetuning.samples import DataError, Lessons, Sample


def _seen(uri, content, page_row=0):
    return Seen(uri, None, content, "", "00000.safetensors", page_row)


def _lessons(*pairs):
    samples = tuple(Sample(uri, None, "Which?", label, label) for uri, label in pairs)
    return Lessons(samples, tuple(sorted({label for _, label in pairs})))


def test_duplicates_never_cross():
    lessons = _lessons(*[(f"{n}.png", "ab"[n % 2]) for n in range(200)])
    seen = [_seen(f"{n}.png", f"{n // 4:064x}") for n in range(200)]
    curriculum = Curriculum.of(lessons, seen, 0.3, 0)
    train, held_out = ({item.image_id for item in side} for side in (curriculum.train, curriculum.held_out))
    assert not train & held_out
    assert 20 < len(curriculum.held_out) < 100


def test_a_class_without_a_readable_image():
    lessons = _lessons(("a.png", "a"), ("b.png", "b"))
    with pytest.raises(DataError, match="class 'b': no readable image"):
        Curriculum.of(lessons, [_seen("a.png", "0" * 64)], 0.0, 0)


def test_a_class_with_one_image_is_learned_from():
    lessons = _lessons(("a.png", "a"), ("b.png", "b"))
    seen = [_seen("a.png", "0" * 64), _seen("b.png", "1" * 64)]
    assert len(Curriculum.of(lessons, seen, 0.0, 0).train) == 2


def test_each_page_is_an_item():
    lessons = _lessons(("a.tif", "a"), ("b.png", "b"))
    seen = [_seen("a.tif", "0" * 64, 0), _seen("a.tif", "0" * 64, 1), _seen("b.png", "1" * 64)]
    assert [item.row for item in Curriculum.of(lessons, seen, 0.0, 0).train if item.label == "a"] == [0, 1]


def test_round_trip(tmp_path):
    lessons = _lessons(*[(f"{n}.png", "ab"[n % 2]) for n in range(40)])
    seen = [_seen(f"{n}.png", f"{n:064x}") for n in range(40)]
    curriculum = Curriculum.of(lessons, seen, 0.25, 0)
    curriculum.save(tmp_path / "curriculum.parquet")
    assert Curriculum.load(tmp_path / "curriculum.parquet") == curriculum
