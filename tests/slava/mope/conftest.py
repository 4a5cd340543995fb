"""A tiny sLAVA model with experts that differ."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from transformers import AutoModelForImageTextToText

from slava.model import modeling
from slava.mope.layers import MixtureLinear, Routing, adapt, mixture_layers

EXPERTS = ("films", "wires", "pores")
RANK, SCALE = 4, 2.0


@pytest.fixture
def tiny_model(tiny_checkpoint: Path) -> Any:
    """In float32, without experts."""
    modeling.register()
    return AutoModelForImageTextToText.from_pretrained(tiny_checkpoint, dtype=torch.float32).eval()


@pytest.fixture
def adapted(tiny_model: Any) -> tuple[Any, Routing, dict[str, MixtureLinear]]:
    """The model with three experts, none of them zero."""
    language_model = tiny_model.model.language_model
    routing = adapt(language_model, EXPERTS, RANK, SCALE)
    layers = mixture_layers(language_model)
    torch.manual_seed(1)
    for layer in layers.values():
        for b in layer.lora_B.values():
            torch.nn.init.normal_(b, std=0.3)
    return tiny_model, routing, layers


@pytest.fixture
def states() -> Callable[[Any], torch.Tensor]:
    """Last states of a model for fixed tokens, [3, 7, H]."""
    ids = torch.arange(21).reshape(3, 7) + 5

    def run(model: Any) -> torch.Tensor:
        with torch.no_grad():
            return model.model.language_model(input_ids=ids, use_cache=False).last_hidden_state

    return run
