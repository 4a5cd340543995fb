import numpy as np

from slava import tasks
from slava.pretraining.drawing import build_gallery, draw


def test_classes_come_in_turn_and_again_the_same():
    first, second = (list(draw(12, 5, 1)) for _ in range(2))
    assert [facts.label for _, facts in first] == [*tasks.NFFA_LABELS, *tasks.NFFA_LABELS[:2]]
    assert all(np.array_equal(a[0], b[0]) for a, b in zip(first, second, strict=True))


def test_gallery_has_a_row_a_picture_and_crops_half(gallery):
    assert gallery.pictures.shape == (40, 288, 384)
    assert len(gallery.facts) == 40
    assert gallery.cropped.sum() == 20
    assert gallery.pictures.max(axis=(1, 2)).all()
    for label in tasks.NFFA_LABELS:
        mine = [
            crop for crop, facts in zip(gallery.cropped, gallery.facts, strict=True) if facts.label == label
        ]
        assert sorted(mine) == [False, False, True, True]


def test_a_stopped_drawing_goes_on_where_it_was(gallery, tmp_path):
    before = np.array(gallery.pictures)
    notes = tmp_path / "facts.jsonl"
    lines = notes.read_text().splitlines(keepends=True)
    notes.write_text("".join(lines[:32]))
    gallery.pictures[31:] = 7
    gallery.pictures.flush()
    again = build_gallery(tmp_path, 40, 0, 1)
    assert (again.pictures[31] == 7).all()
    assert np.array_equal(again.pictures[32:], before[32:])
    assert [facts.to_dict() for facts in again.facts] == [facts.to_dict() for facts in gallery.facts]
