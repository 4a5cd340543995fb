import math

import pytest
import torch

from slava import tasks
from slava.failures import Code, InputFailure, Stage
from slava.screening import records
from slava.screening.asking import Ask, Understand

CHOICE = tasks.classify(("film", "film coat", "tip"))
SPELLINGS = {"film": (1,), "film coat": (1, 2), "tip": (3,)}
END = 9
DECIDING = tasks.Deciding((1, 2, 3, END), steps=2)
METRICS = {"scheduled_ts": 1.0, "last_token_ts": 3.5}


def _row(context="5 kV"):
    payload = torch.arange(8, dtype=torch.float32).numpy().tobytes()
    return records.good({"uri": "a.png", "member": None, "page": 0, "context": context}, b"jpeg", payload)


def test_a_request(prompt):
    request = Ask(prompt, CHOICE, (2, 4), DECIDING)(_row())
    assert request["prompt"] == "Which? <image> Context: 5 kV"
    image = request["multimodal_data"]["image"]
    assert torch.equal(image, torch.arange(8.0).view(1, 2, 4))
    assert Ask(prompt, CHOICE, (2, 4), DECIDING)(_row(None))["prompt"] == "Which? <image>"


def test_a_choice_is_constrained_and_free_text_is_not(prompt):
    sampling = Ask(prompt, CHOICE, (2, 4), DECIDING)(_row())["sampling_params"]
    assert sampling["structured_outputs"] == {"choice": ["film", "film coat", "tip"]}
    assert sampling["logprob_token_ids"] == [1, 2, 3, 9]
    assert sampling["max_tokens"] == 2  # "film" ends or goes on; no label needs a third token to be told
    for question in (tasks.caption(), tasks.vqa("how many?")):
        sampling = Ask(prompt, question, (2, 4), DECIDING)(_row())["sampling_params"]
        assert "structured_outputs" not in sampling
        assert sampling["logprobs"] == 0
        assert (sampling["temperature"], sampling["max_tokens"]) == (0.0, question.max_tokens)


def test_a_failed_row_asks_nothing(prompt):
    row = records.failed("a.png", None, InputFailure(Stage.READ, Code.EMPTY, "no bytes"))
    assert Ask(prompt, CHOICE, (2, 4), DECIDING)(row) == {records.ERROR: "empty"}


def _answer(question, steps, written, text, temperature=1.0):
    """The record, after an answer of the engine."""
    row = {
        **_row(),
        "generated_text": text,
        "generated_tokens": written,
        "logprobs": [{token: {"logprob": math.log(p)} for token, p in step.items()} for step in steps],
        "metrics": METRICS,
    }
    understand = Understand(question, SPELLINGS if question.labels else {}, END, temperature)
    return understand(row)


def test_the_distribution_over_the_labels_is_exact():
    steps = [{1: 0.75, 3: 0.25}, {2: 0.4, END: 0.6}]
    record = _answer(CHOICE, steps, [1, END], "film")
    assert {s["label"]: s["score"] for s in record["scores"]} == pytest.approx(
        {"film": 0.45, "film coat": 0.3, "tip": 0.25}
    )
    assert (record["label"], record["text"]) == ("film", "film")
    assert record["confidence"] == pytest.approx(0.45)
    assert record["engine_span"] == [1.0, 3.5]
    assert record["uri"] == "a.png"


def test_the_tokens_that_decide_have_the_names_of_the_model():
    assert Understand(CHOICE, SPELLINGS, END, 1.0).deciding == DECIDING
    assert Understand(CHOICE, {"film": (1, 2)}, END, 1.0).deciding == tasks.Deciding((), 1)


def test_the_temperature_calibrates():
    record = _answer(CHOICE, [{1: 0.2, 3: 0.8}], [3], "t", temperature=2.0)
    assert record["text"] == "tip"  # though no more of it was written than decided
    weights = {"film": math.sqrt(0.1), "film coat": math.sqrt(0.1), "tip": math.sqrt(0.8)}
    assert record["confidence"] == pytest.approx(weights["tip"] / sum(weights.values()))
    assert sum(s["score"] for s in record["scores"]) == pytest.approx(1)


def test_an_answer_in_an_unusual_spelling_still_gives_a_distribution():
    steps = [{1: 0.5, 3: 0.3, 7: 0.2}, {8: 1.0}]
    record = _answer(CHOICE, steps, [7, 8], "film")
    assert record["label"] in SPELLINGS
    assert sum(s["score"] for s in record["scores"]) == pytest.approx(1)


def test_free_text_has_the_mean_probability_of_its_tokens():
    record = _answer(tasks.caption(), [{5: 0.9}, {6: 0.4}, {END: 1.0}], [5, 6, END], " grains ")
    assert record["text"] == "grains"
    assert record["confidence"] == pytest.approx((0.9 * 0.4) ** (1 / 3))
    assert "label" not in record


def test_no_text_has_no_confidence():
    record = _answer(tasks.vqa("how many?"), [], [], "")
    assert (record["text"], record["confidence"]) == ("", None)
