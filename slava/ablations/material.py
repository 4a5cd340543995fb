"""What all trials work on."""

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from slava.ablations.config import AblateConfig
from slava.finetuning.samples import Lessons, read_lessons


@dataclass(frozen=True)
class Material:
    """The images, the model, and the folder for what is computed once."""

    config: AblateConfig
    data: Path
    """Folder of class folders."""
    checkpoint: Path
    folder: Path

    @cached_property
    def lessons(self) -> Lessons:
        """Each image with its class. Raises DataError, DatasetError."""
        return read_lessons(str(self.data))

    @property
    def instructions(self) -> Path:
        """Where jobs/generate.py writes what the teacher says."""
        return self.folder / "instructions"
