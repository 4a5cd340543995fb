"""The tiny checkpoint, loaded as users load it."""

import pytest
import torch
from transformers import AutoModelForImageTextToText, AutoProcessor

from slava.model import modeling, nano


@pytest.fixture(scope="session")
def tiny(tiny_checkpoint):
    modeling.register()
    return AutoModelForImageTextToText.from_pretrained(tiny_checkpoint, dtype=torch.float32).eval()


@pytest.fixture(scope="session")
def processor(tiny_checkpoint):
    return AutoProcessor.from_pretrained(tiny_checkpoint)


@pytest.fixture(scope="session")
def untrained():
    """The whole of nano before its training, with its tokenizer."""
    model, tokenizer = nano.untrained()
    return model.eval(), tokenizer
