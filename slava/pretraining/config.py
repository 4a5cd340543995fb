"""What a training of nano's parts can be told."""

from pathlib import Path
from typing import Annotated

from annotated_types import Ge, Gt, Le
from pydantic import BaseModel, ConfigDict


class PretrainConfig(BaseModel):
    """Train nano's projector, matching head and LoRA on drawn micrographs."""

    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)

    output: Path
    """Folder for `trained.safetensors` and `recipe.json`."""
    base: Path | None = None
    """An assembled, untrained nano; made from the wheels when not given."""
    pictures: Annotated[int, Ge(20)] = 48_000
    """Micrographs to draw, in equal parts of the ten classes."""
    seed: int = 0
    """Of the drawing, the dialogues and the training. Pictures with seeds from 10**6 on are kept aside."""
    workers: Annotated[int, Ge(1)] = 2
    """Processes that draw."""
    dialogues: Annotated[int, Ge(1)] = 10
    """Questions asked about each picture."""
    batch: Annotated[int, Ge(1)] = 256
    """Dialogues in one step."""
    projector_steps: Annotated[int, Ge(0)] = 400
    """Steps of the first stage, in which only the projector learns."""
    steps: Annotated[int, Ge(1)] = 1_800
    """Steps of the second stage, in which everything of nano's own learns."""
    rank: Annotated[int, Ge(1), Le(64)] = 32
    """Of the LoRA on every linear layer of the language model; 64 is about 40 MB."""
    projector_rate: Annotated[float, Gt(0)] = 1e-3
    """Peak learning rate of the projector."""
    lora_rate: Annotated[float, Gt(0)] = 6e-4
    """Peak learning rate of the LoRA and the matching head."""
    matching_weight: Annotated[float, Ge(0)] = 0.3
    """Of the image-text matching loss, beside the language-modelling loss at 1."""
    held_out: Annotated[int, Ge(10)] = 1_000
    """Fresh renderings on which the result is measured and calibrated."""
