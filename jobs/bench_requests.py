"""What jobs/bench_serve.py asks of the endpoint, and of bare vLLM: the same, greedily."""

import base64
import io
import json
from collections.abc import Callable, Iterator
from functools import cache
from typing import Any

import numpy as np
from bench_vllm import MODEL
from numpy.typing import NDArray
from PIL import Image

from slava import tasks
from slava.load import Request
from slava.screening.asking import choosing
from slava.synth.facts import LABELS
from slava.synth.render import render

Route = Callable[[str], Request]
"""From a micrograph's data URI to a question about it."""


def views(seed: int) -> Iterator[str]:
    """Data URIs of micrographs of 512 x 384 pixels, no two alike: windows of a few larger drawings."""
    rng = np.random.default_rng(seed)
    while True:
        pixels, (top, left) = _drawings()[rng.integers(len(LABELS))], rng.integers(0, (97, 129))
        file = io.BytesIO()
        Image.fromarray(pixels[top : top + 384, left : left + 512]).save(file, "PNG", compress_level=1)
        yield f"data:image/png;base64,{base64.b64encode(file.getvalue()).decode()}"


@cache
def _drawings() -> list[NDArray[np.uint8]]:
    """One of each class, 640 x 480 pixels."""
    return [render(label, 3 * 10**6 + index, 640, 480).pixels for index, label in enumerate(LABELS)]


def classify(uri: str) -> Request:
    """One of ten labels, by the endpoint's own call."""
    asked = {"model": MODEL, "images": [uri], "labels": tasks.NFFA_LABELS}
    return Request("/v1/classify", json.dumps(asked).encode())


def classify_by_chat(deciding: tasks.Deciding) -> Route:
    """The same of vLLM: the same prompt, choice and log-probabilities."""
    question = tasks.classify(tasks.NFFA_LABELS)
    options = choosing(question.labels, deciding) | {"logprobs": True, "return_tokens_as_token_ids": True}
    return lambda uri: _chat([_text(question), _image(uri)], **options)


def chat(tokens: int) -> Route:
    """A description in so many tokens."""
    return lambda uri: _chat([_text(tasks.caption()), _image(uri)], max_tokens=tokens)


def word(index: int) -> Request:
    """One token, and no micrograph."""
    return _chat([_text(tasks.vqa(f"Say a word, for example {index}."))], max_tokens=1)


def _chat(content: list[dict[str, Any]], **options: Any) -> Request:
    asked = {"model": MODEL, "messages": [{"role": "user", "content": content}], "temperature": 0.0} | options
    return Request("/v1/chat/completions", json.dumps(asked).encode())


def _text(question: tasks.Question) -> dict[str, Any]:
    return {"type": "text", "text": f"{question.text}\n"}


def _image(uri: str) -> dict[str, Any]:
    return {"type": "image_url", "image_url": {"url": uri}}
