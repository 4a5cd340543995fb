"""What a training of nano's parts can be told."""

from pathlib import Path
from typing import Annotated

from annotated_types import Ge, Gt, Le
from pydantic import BaseModel, ConfigDict

LORA_SCALE = 2.0
"""Of the LoRAs, on the tower and in the language model."""


class PretrainConfig(BaseModel):
    """Train nano's projector, matching head and LoRA on drawn micrographs."""

    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)

    output: Path
    """Folder for `trained.safetensors`, `recipe.json`, and the drawn pictures (110 kB each)."""
    pictures: Annotated[int, Ge(20)] = 36_000
    """Micrographs to draw, in equal parts of the ten classes."""
    seed: int = 0
    """Of the drawing, the dialogues and the training. Pictures with seeds from 10**6 on are kept aside."""
    workers: Annotated[int, Ge(1)] = 2
    """Processes that draw."""
    projector_pictures: Annotated[int, Ge(1)] = 10_000
    """The first so many are what the projector learns from, alone; their features are kept (200 kB each)."""
    projector_steps: Annotated[int, Ge(2)] = 1_900
    """Steps of 32 of them, against the words about them."""
    tower_steps: Annotated[int, Ge(2)] = 1_400
    """Steps of 32 of all pictures, then, in which projector and tower learn together."""
    tower_blocks: Annotated[int, Ge(1)] = 4
    """How many of the tower's last blocks get a LoRA."""
    steps: Annotated[int, Ge(1)] = 450
    """Steps of the second stage: projector, LoRA and matching head in the language model."""
    batch: Annotated[int, Ge(1)] = 3
    """Conversations in one step."""
    chain: Annotated[int, Ge(1), Le(16)] = 8
    """Micrographs in one conversation that classifies."""
    rank: Annotated[int, Ge(1), Le(48)] = 16
    """Of the LoRA on every linear layer of the language model; 48 is about 36 MB."""
    projector_rate: Annotated[float, Gt(0)] = 2e-4
    """Peak learning rate of the projector in the second stage."""
    lora_rate: Annotated[float, Gt(0)] = 1e-3
    """Peak learning rate of the LoRA and the matching head."""
    matching_weight: Annotated[float, Ge(0)] = 0.2
    """Of the image-text matching loss, beside the language-modelling loss at 1."""
    held_out: Annotated[int, Ge(10)] = 400
    """Fresh renderings on which the result is measured and calibrated."""
    real: Path | None = None
    """Folder of class folders (named as the labels) with real micrographs, on which to measure too."""
