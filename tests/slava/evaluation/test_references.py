"""Right answers from conversations."""

import json
from pathlib import Path

import pytest

from slava.datasets import DatasetError, split_of
from slava.evaluation.references import captions, frequent_questions, of_split, read_references


def _line(image: str, *turns: str) -> str:
    speakers = ["human", "gpt"] * len(turns)
    talk = [{"from": who, "value": said} for who, said in zip(speakers, turns, strict=False)]
    record = {"image": image, "member": None, "image_id": f"id-{image}", "label": "Tips"}
    return json.dumps(record | {"conversations": talk})


@pytest.fixture
def path(tmp_path: Path) -> Path:
    lines = [
        _line("a.png", "<image>\nHow many?", "3", "Describe this micrograph.", "Three tips."),
        "",
        _line("b.png", "How many?\n<image>", "5", "How wide?", "9 nm", "unanswered"),
    ]
    file = tmp_path / "references.jsonl"
    file.write_text("\n".join(lines), encoding="utf-8")
    return file


def test_turns_become_questions_and_answers(path: Path) -> None:
    found = read_references(path)
    assert [(one.image, one.question, one.answer) for one in found] == [
        ("a.png", "How many?", "3"),
        ("a.png", "Describe this micrograph.", "Three tips."),
        ("b.png", "How many?", "5"),
        ("b.png", "How wide?", "9 nm"),
    ]
    assert [one.answer for one in captions(found)] == ["Three tips."]
    assert frequent_questions(found, 1) == ["How many?"]
    assert frequent_questions(found, 9) == ["How many?", "How wide?"]


def test_a_split_keeps_an_image_together(path: Path) -> None:
    found = read_references(path)
    assert of_split(found, 0.5, 0, everything=True, limit=None) == found
    assert len({one.image for one in of_split(found, 0.5, 0, everything=True, limit=1)}) == 1
    held = of_split(found, 0.5, 0, everything=False, limit=None)
    assert all(split_of(one.image_id, 0.5) == "held_out" for one in held)
    assert len(held) < len(found)


def test_a_bad_line_is_named(tmp_path: Path) -> None:
    file = tmp_path / "references.jsonl"
    file.write_text(_line("a.png", "Q", "A") + '\n{"image": "b.png"}\n')
    with pytest.raises(DatasetError, match=r"line 2: image_id: Field required"):
        read_references(file)
    with pytest.raises(DatasetError, match="cannot be read"):
        read_references(tmp_path / "none.jsonl")
