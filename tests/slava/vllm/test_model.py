"""One start of a real engine answers everything that these tests look at."""

import json
import math
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image
from safetensors.torch import save_file
from transformers import AutoModelForImageTextToText, AutoProcessor

from slava import tasks
from slava.model import modeling
from slava.model.encoder import VisionEncoder
from slava.model.labelling import label_probabilities, spellings

pytestmark = pytest.mark.slow

LABELS = ("Films", "Films and coated surface", "Powder", "Porous sponge", "Tips")
QUESTION = tasks.classify(LABELS)
TOLERANCE = 1e-3


@pytest.fixture(scope="module")
def model(tiny_checkpoint):
    modeling.register()
    return AutoModelForImageTextToText.from_pretrained(tiny_checkpoint, dtype=torch.float32).eval()


@pytest.fixture(scope="module")
def processor(tiny_checkpoint):
    return AutoProcessor.from_pretrained(tiny_checkpoint)


@pytest.fixture(scope="module")
def squares(pictures):
    """As a screening ships them: shrunk to what the tower sees."""
    return [
        np.asarray(Image.fromarray(picture).resize((224, 224), Image.Resampling.BICUBIC))
        for picture in pictures
    ]


@pytest.fixture(scope="module")
def embeds(float32, tiny_checkpoint, squares):
    return VisionEncoder(tiny_checkpoint)(squares)[0]


@pytest.fixture(scope="module")
def texts(processor):
    def prompt(messages):
        return processor.apply_chat_template(messages, add_generation_prompt=True)

    return {
        "ask": prompt(QUESTION.messages()),
        "two": prompt(tasks.vqa("Same?").messages("5 kV", images=2)),
        "none": prompt([{"role": "user", "content": "What is a micrograph?"}]),
        "labels": list(LABELS),
    }


@pytest.fixture(scope="module")
def said(tiny_checkpoint, squares, embeds, texts, tmp_path_factory):
    folder = tmp_path_factory.mktemp("engine")
    requests, answers = folder / "requests.safetensors", folder / "answers.json"
    save_file({"pictures": torch.from_numpy(np.stack(squares)), "embeds": embeds}, requests)
    requests.with_suffix(".json").write_text(json.dumps(texts))
    script = Path(__file__).with_name("answering.py")
    done = subprocess.run(
        [sys.executable, str(script), str(tiny_checkpoint), str(requests), str(answers)],
        env=os.environ | {"VLLM_ALLOW_INSECURE_SERIALIZATION": "1"},
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=280,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-3000:]
    return json.loads(answers.read_text())


def _first(answer):
    """Log-probabilities of the first token's likeliest candidates."""
    return {int(token): value for token, value in answer["steps"][0].items()}


def _reference(model, processor, prompt, pictures):
    inputs = processor(images=pictures, text=prompt, return_tensors="pt")
    with torch.inference_mode():
        return model(**inputs).logits[0, -1].log_softmax(-1), inputs.input_ids[0].tolist()


def _same(answer, other):
    assert answer["tokens"] == other["tokens"]
    first, second = _first(answer), _first(other)
    for token in first.keys() & second.keys():
        assert first[token] == pytest.approx(second[token], abs=TOLERANCE)
    assert len(first.keys() & second.keys()) > 35


def test_pixels_and_embeddings_are_answered_alike(said):
    for pixels, embeds in zip(said["pixels"], said["embeds"], strict=True):
        _same(pixels, embeds)


def test_micrographs_are_answered_differently(said):
    first, second = (_first(answer) for answer in said["embeds"][:2])
    assert max(abs(first[token] - second.get(token, -99)) for token in first) > 10 * TOLERANCE


@pytest.mark.parametrize("way", ["pixels", "embeds"])
def test_the_engine_writes_what_transformers_writes(said, way, model, processor, squares, texts):
    for answer, picture in zip(said[way], squares, strict=True):
        expected, asked = _reference(model, processor, texts["ask"], [picture])
        assert answer["asked"] == asked
        assert answer["tokens"][0] == int(expected.argmax())
        for token, value in _first(answer).items():
            assert value == pytest.approx(float(expected[token]), abs=TOLERANCE)


def test_two_micrographs_in_a_prompt(said, model, processor, squares, texts):
    expected, asked = _reference(model, processor, texts["two"], squares[:2])
    for answer in (said["two pictures"], said["two embeds"]):
        assert answer["asked"] == asked
        for token, value in _first(answer).items():
            assert value == pytest.approx(float(expected[token]), abs=TOLERANCE)


def test_a_prompt_without_micrograph(said, model, processor, texts):
    with torch.inference_mode():
        ids = processor.tokenizer(texts["none"], return_tensors="pt").input_ids
        expected = model(input_ids=ids).logits[0, -1].log_softmax(-1)
    assert said["no picture"]["tokens"][0] == int(expected.argmax())


def test_embeddings_may_come_in_a_list(said):
    for listed, tensor in zip(said["embeds in a list"], said["embeds"], strict=True):
        _same(listed, tensor)


def test_a_grey_picture_is_taken(said, model, processor, squares, texts):
    grey = np.asarray(Image.fromarray(squares[0]).convert("L").convert("RGB"))
    expected, _ = _reference(model, processor, texts["ask"], [grey])
    assert said["grey"]["tokens"][0] == int(expected.argmax())


def test_without_a_tower_the_embeddings_are_answered_alike(said):
    alone = said["embedding-only"]
    assert alone["tower"] == []
    assert "image" in alone["pixels"]
    for without, with_tower in zip(alone["embeds"], said["embeds"], strict=True):
        _same(without, with_tower)


def test_a_choice_is_one_of_the_labels(said):
    assert all(answer["text"] in LABELS for answer in said["embedding-only"]["choices"])


def test_logprobs_of_a_choice_are_over_the_choice_alone(said, processor):
    """The fact that a confidence rests on: `processed_logprobs` renormalizes over what the grammar allows."""
    allowed = {spelled[0] for spelled in spellings(processor.tokenizer, LABELS).values()}
    for answer in said["embedding-only"]["choices"]:
        finite = {token: value for token, value in _first(answer).items() if value > -1e30}
        assert math.fsum(math.exp(value) for value in finite.values()) == pytest.approx(1, abs=1e-3)
        assert allowed <= finite.keys()


def test_the_ranking_is_that_of_the_reference(said, model, processor, embeds):
    """Exact for a label whose branchings the engine went through; those of the root always."""
    spelled = spellings(processor.tokenizer, LABELS)
    reference = label_probabilities(model, processor, embeds, QUESTION)
    for answer, expected in zip(said["embedding-only"]["choices"], reference, strict=True):
        seen = _seen(answer, processor.tokenizer.eos_token_id)
        found = dict(tasks.rank(spelled, seen))
        assert sum(found.values()) == pytest.approx(1)
        exact = [label for label in LABELS if _branchings(spelled, label) <= seen.keys()]
        assert {"Powder", "Porous sponge", "Tips"} <= set(exact)
        for label in exact:
            assert found[label] == pytest.approx(dict(expected)[label], abs=5 * TOLERANCE)


def _seen(answer, end):
    """Log-probabilities after each beginning of the answer, as slava.screening.asking reads them."""
    return {
        tuple(answer["tokens"][:place]): {
            tasks.END if int(token) == end else int(token): value for token, value in step.items()
        }
        for place, step in enumerate(answer["steps"])
    }


def _branchings(spelled, label):
    path = (*spelled[label], tasks.END)
    return {start for start in tasks.branchings(spelled) if path[: len(start)] == start}


@pytest.mark.parametrize("way", ["flat embeds", "numpy embeds"])
def test_what_the_engine_takes_no_embeddings_in(said, way):
    """vLLM's rule, which slava.screening.asking works to: [1, T, H] tensors."""
    assert said[way]


def test_a_placeholder_without_a_picture_is_not_refused(said):
    """vLLM reads it as a word, without a warning: why slava.screening.prompting lets no context hold one."""
    assert said["too few embeds"] is None


def test_a_reused_id_hides_another_picture(said):
    """vLLM trusts ids blindly: why no request of ours carries one that is no digest of the content."""
    first, second = said["same id"]
    assert _first(first) == _first(second)
    assert _first(said["pixels"][0]) != _first(said["pixels"][1])
