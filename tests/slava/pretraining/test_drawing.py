import numpy as np

from slava import tasks
from slava.pretraining.drawing import build_gallery, draw


def test_classes_come_in_turn_and_again_the_same():
    first, second = (list(draw(12, 5, 1)) for _ in range(2))
    assert [facts.label for _, facts in first] == [*tasks.NFFA_LABELS, *tasks.NFFA_LABELS[:2]]
    assert all(np.array_equal(a[0], b[0]) for a, b in zip(first, second, strict=True))


def test_gallery_has_a_row_a_picture_and_crops_half(gallery):
    assert gallery.patches.shape == (40, 256, 24)
    assert len(gallery.facts) == 40
    assert gallery.cropped.sum() == 20
    assert np.isfinite(gallery.patches).all()
    for label in tasks.NFFA_LABELS:
        mine = [
            crop for crop, facts in zip(gallery.cropped, gallery.facts, strict=True) if facts.label == label
        ]
        assert sorted(mine) == [False, False, True, True]


def test_a_stopped_drawing_goes_on_where_it_was(gallery, tiny, tmp_path):
    before = np.array(gallery.patches)
    notes = tmp_path / "facts.jsonl"
    lines = notes.read_text().splitlines(keepends=True)
    notes.write_text("".join(lines[:32]))
    gallery.patches[32:] = 0
    gallery.patches.flush()
    again = build_gallery(tmp_path, 40, 0, 1, tiny[0])
    assert np.array_equal(again.patches[:32], before[:32])
    assert np.abs(again.patches[32:]).sum() > 0
    assert len(again.facts) == 40
