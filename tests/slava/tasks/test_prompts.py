import dataclasses

import pytest

from slava.tasks import NFFA_LABELS, caption, classify, vqa
from slava.tasks.prompts import Question


def _kinds(messages):
    (message,) = messages
    assert message["role"] == "user"
    return [part["type"] for part in message["content"]]


def test_the_question_stands_before_the_image():
    messages = vqa("How many particles?").messages()
    assert _kinds(messages) == ["text", "image"]
    assert messages[0]["content"][0]["text"] == "How many particles?\n"


def test_the_context_comes_after_the_image():
    messages = caption().messages(context="5 kV, in-lens")
    assert _kinds(messages) == ["text", "image", "text"]
    assert messages[0]["content"][-1]["text"] == "\nContext: 5 kV, in-lens"


@pytest.mark.parametrize("context", [None, ""])
def test_no_context_leaves_nothing(context):
    assert caption().messages(context=context) == caption().messages()


def test_several_images():
    assert _kinds(vqa("Same?").messages(images=3)) == ["text", *["image"] * 3]
    assert _kinds(vqa("Same?").messages("5 kV", images=2)) == ["text", "image", "image", "text"]


def test_all_micrographs_of_a_screening_begin_alike():
    question = classify(NFFA_LABELS)
    first, second = question.messages("5 kV")[0], question.messages("20 kV")[0]
    assert first["content"][:2] == second["content"][:2]


def test_a_choice_names_its_labels_in_order():
    question = classify(["b", "a"])
    assert question.labels == ("b", "a")
    assert question.text.endswith("b, a")


def test_free_text_has_no_labels():
    assert caption().labels == vqa("Why?").labels == ()


def test_questions_cannot_be_changed():
    with pytest.raises(dataclasses.FrozenInstanceError):
        caption().text = "other"


@pytest.mark.parametrize("question", [caption(), vqa("Why?"), classify(["a", "b"])])
def test_answers_are_bounded(question):
    assert isinstance(question, Question)
    assert 0 < question.max_tokens < 200
