"""Requests with examples in the prompt."""

import json
from pathlib import Path

import numpy as np
import torch
from transformers import AutoProcessor

from slava import tasks
from slava.datasets import class_folders
from slava.evaluation.in_context import Examples, FewShotAsk, few_shot_messages
from slava.evaluation.labelled import divide, labelled_images
from slava.screening.prompting import PromptText
from slava.screening.records import ERROR

QUESTION = tasks.classify(("ok", "scratched"))


def test_examples_are_a_conversation_with_one_question(tiny_checkpoint: Path) -> None:
    template = AutoProcessor.from_pretrained(tiny_checkpoint).apply_chat_template
    text = template(few_shot_messages(QUESTION, ["ok", "scratched"]), add_generation_prompt=True)
    assert text.count("<image>") == 3
    assert text.count(QUESTION.text) == 1
    turns = [turn.split("\n", 1)[0] for turn in text.split("<|im_start|>")[1:]]
    assert turns == ["user", "assistant", "user", "assistant", "user", "assistant"]
    assert text.endswith("<|im_start|>assistant\n")


def test_only_what_is_shown_travels(dataset: Path) -> None:
    data = divide(labelled_images(class_folders(dataset)), 0.3, 0, everything=False, limit=2)
    tokens = np.arange(len(data.pool) * 2 * 3, dtype=np.float32).reshape(-1, 2, 3)
    examples = Examples.of(data, tokens, np.array([[7, 3], [3, 9]]))
    assert examples.tokens.shape == (3, 2, 3)
    for places, wanted in zip(examples.shown.values(), ([7, 3], [3, 9]), strict=True):
        assert (examples.tokens[list(places)] == tokens[wanted]).all()
        labels = [data.pool.labels[data.pool.truth[place]] for place in wanted]
        assert [examples.labels[place] for place in places] == labels


def test_a_request_has_the_examples_before_the_micrograph() -> None:
    tokens = np.arange(3 * 2 * 4, dtype=np.float32).reshape(3, 2, 4)
    examples = Examples(tokens, ("ok", "ok", "scratched"), {"id": (2, 0)})
    plain = PromptText("plain", "marked", ())
    ask = FewShotAsk(plain, QUESTION, (2, 4), tasks.Deciding((), 1), examples, {"id": "prompt of id"})
    record = json.dumps({"image_id": "id", "context": None})
    own = np.full((2, 4), 99, np.float32)
    request = ask({"record": record, "payload": own.tobytes(), "pooled": b"", ERROR: ""})
    assert request["prompt"] == "prompt of id"
    wanted = torch.from_numpy(np.stack([tokens[2], tokens[0], own]))
    assert torch.equal(request["multimodal_data"]["image"], wanted)
    assert request["sampling_params"]["structured_outputs"] == {"choice": ["ok", "scratched"]}
    assert ask({"record": record, "payload": b"", "pooled": b"", ERROR: "empty"}) == {ERROR: "empty"}
