"""What the served model is called, and where its files are."""

from pathlib import Path

from serve.config import ServeConfig
from slava.model.checkpoints import find_checkpoint

NAME = "slava"


def served_checkpoint(config: ServeConfig) -> Path:
    """The directory that the engine reads."""
    base = find_checkpoint(config.model)
    if config.quantization == "none":
        return base
    from slava.quantization.cache import quantized

    return quantized(base, config.quantization)
