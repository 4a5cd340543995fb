import json

from slava.finetuning.journal import Journal, line
from slava.finetuning.pictures import draw


def _step(number, loss=2.0):
    return {"step": number, "language": loss, "matching": 0.5, "balance": 1.0, "seconds": 1.5}


def test_what_is_left_in_words():
    said = line([{**_step(number), "steps": 1000} for number in range(100)])
    assert said == (
        "step 100 of 1,000: language 2.000, matching 0.500, balance 1.000; 1.5 s a step, 00:22:30 left"
    )


def test_the_first_worker_writes_and_all_remember(tmp_path):
    for writes in (True, False):
        path = tmp_path / str(writes) / "losses.jsonl"
        path.parent.mkdir()
        with Journal(path, writes, [_step(0)]) as journal:
            journal.add(_step(1), 10)
        assert journal.history == [_step(0), _step(1)]
        assert path.is_file() is writes
    (row,) = (tmp_path / "True" / "losses.jsonl").read_text().splitlines()
    assert json.loads(row) == {**_step(1), "steps": 10}
    assert list((tmp_path / "True" / "tensorboard").iterdir())


def test_a_picture_is_drawn(tmp_path):
    history = [_step(number, 3 / (1 + number)) for number in range(30)]
    draw(history, [[0.9, 0.1], [0.2, 0.8]], ["a", "b"], ["films", "wires"], tmp_path / "training.png")
    assert (tmp_path / "training.png").read_bytes().startswith(b"\x89PNG")
