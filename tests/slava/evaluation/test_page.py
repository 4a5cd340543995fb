"""Rows of the comparison, and the report over them."""

import json
from pathlib import Path

import numpy as np
import pytest

from slava.datasets import class_folders
from slava.evaluation.answers import Answer
from slava.evaluation.classified import classified_entry
from slava.evaluation.labelled import LabelledImages, labelled_images
from slava.evaluation.page import comparison_table, render, write_evaluation
from slava.evaluation.predictions import Predictions
from slava.evaluation.references import Reference
from slava.evaluation.summary import Evaluation, classification_entry
from slava.evaluation.written import written_entry


def _images(dataset: Path) -> LabelledImages:
    return labelled_images(class_folders(dataset))


def _answer(images: LabelledImages, place: int, right: bool, context: str | None = None) -> Answer:
    wanted = images.truth[place] if right else (images.truth[place] + 1) % 4
    scores = {label: 0.7 if number == wanted else 0.1 for number, label in enumerate(images.labels)}
    return Answer("", scores, context, b"")


def test_a_screening_is_scored(dataset: Path) -> None:
    """Three quarters right, one without an answer, one whose context names its class."""
    images = _images(dataset)
    answers = {found: _answer(images, place, place % 4 > 0) for place, found in enumerate(images.image_ids)}
    del answers[images.image_ids[1]]
    label = images.labels[images.truth[2]]
    answers[images.image_ids[2]] = _answer(images, 2, True, f"taken for {label.upper()}, 5 kV")
    entry = classified_entry("zero-shot", "nano", images, answers)
    assert entry is not None
    assert (entry.images, entry.unanswered, entry.refused) == (38, 1, 1)
    assert entry.figures["top-1"].value == 28 / 38
    assert np.array(entry.confusion).trace() == 28
    assert [mistake.confidence for mistake in entry.mistakes] == pytest.approx([0.7] * 8)
    assert classified_entry("zero-shot", "nano", images, {}) is None


def test_texts_are_scored() -> None:
    asked = [
        Reference(image="a.png", image_id="a", question="How many?", answer="five tips", label="Tips"),
        Reference(image="b.png", image_id="b", question="How many tips?", answer="six", label="Tips"),
        Reference(image="c.png", image_id="c", question="How many?", answer="seven", label="Powder"),
    ]
    entry = written_entry("vqa", "nano", asked, {id: Answer("five tips", {}, None, b"") for id in "ab"})
    assert entry is not None
    assert (entry.images, entry.unanswered, entry.refused) == (1, 1, 1)
    assert entry.figures["exact match"].value == 1


def test_the_report_shows_models_side_by_side(dataset: Path, tmp_path: Path) -> None:
    images = _images(dataset)
    rows = np.random.default_rng(0).dirichlet(np.ones(4), (2, 40))
    predictions = Predictions(images.labels, images.truth, rows)
    entries = [
        classification_entry("zero-shot", model, predictions, images.uris) for model in ("nano", "<b>7b")
    ]
    evaluation = Evaluation(
        task="classify",
        data="textures",
        split="all images",
        labels=images.labels,
        command="python jobs/evaluate.py",
        entries=entries,
    )
    write_evaluation(evaluation, tmp_path / "out")
    page = (tmp_path / "out" / "report.html").read_text()
    assert page == render(evaluation)
    assert "<b>7b" not in page
    assert "<script" not in page
    assert page.count("data:image/jpeg;base64,") == sum(len(entry.mistakes) for entry in entries) == 16
    said = json.loads((tmp_path / "out" / "report.json").read_text())
    assert said["entries"][0]["figures"].keys() == {"top-1", "macro-F1", "ECE"}
    assert "thumbnail" not in said["entries"][0]["mistakes"][0]
    assert comparison_table(evaluation).count("zero-shot") == 2
