"""What the ablations can be told."""

from pathlib import Path
from typing import Annotated, Literal

from annotated_types import Ge, Gt, Lt, MinLen
from pydantic import BaseModel, ConfigDict

StudyName = Literal["losses", "data", "few-shot"]


class AblateConfig(BaseModel):
    """Run the paper's three ablations: losses, data generation, few-shot examples."""

    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)

    output: Path
    """Folder for tables, pictures and every trial's figures. The same command again goes on there."""
    data: Path | None = None
    """Folder of class folders; without it, micrographs of the ten NFFA classes are drawn."""
    study: Annotated[list[StudyName], MinLen(1)] = ["losses", "data", "few-shot"]
    """losses, data (its generation) or few-shot. Give it several times for several."""
    model: str = "nano"
    """nano, the directory of a checkpoint, or a hub id."""
    seeds: Annotated[int, Ge(1)] = 3
    """Each variant is tried so many times. More of them may be asked for later."""
    held_out: Annotated[float, Gt(0), Lt(1)] = 1 / 3
    """Share of the images, by a hash of their content, that is measured on: the same for all seeds."""
    count: Annotated[int, Ge(10)] = 300
    """Without --data: micrographs to draw, in equal parts of the classes."""

    steps: Annotated[int, Ge(1)] = 100
    """losses, data: steps of each training, whatever it learns from."""
    batch: Annotated[int, Ge(1)] = 8
    """losses, data: samples in one step."""
    triples: Annotated[int, Ge(1)] = 2
    """data: the teacher's questions and answers that are learned of each image, drawn by the seed."""
    shots: Annotated[list[Annotated[int, Ge(1), Lt(33)]], MinLen(1)] = [1, 2, 5, 10]
    """few-shot: examples a class. Give it several times for several."""
    episodes: Annotated[int, Ge(1)] = 10
    """few-shot: draws of examples for each seed."""
