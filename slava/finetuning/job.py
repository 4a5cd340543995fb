"""What training and export work on."""

from dataclasses import dataclass
from pathlib import Path

from slava.finetuning.config import FinetuneConfig


@dataclass(frozen=True)
class Job:
    """A training: its settings, its model, and the folder that it works in."""

    config: FinetuneConfig
    checkpoint: Path
    digest: str
    """Of the checkpoint's weights."""
    folder: Path
