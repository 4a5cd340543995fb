"""What an evaluation can be told."""

from pathlib import Path
from typing import Annotated, Literal, NamedTuple

from annotated_types import Ge, Gt, Lt, MinLen
from pydantic import BaseModel, ConfigDict, model_validator

from slava.datasets import Layout
from slava.evaluation.shots import Sampling
from slava.screening.config import Task


class Contender(NamedTuple):
    """What is compared: a model, maybe with experts."""

    name: str
    model: str
    experts: str | None = None


class EvaluateConfig(BaseModel):
    """Score one or several models on a data set, through the engine that users get."""

    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)

    output: str
    """Folder for the screenings, report.json and report.html. The same command again resumes there."""
    dataset: str | None = None
    """For classify: folder of the data set."""
    layout: Layout = "folders"
    """How it lies: folders (one a class), or the published layout of sem, neu-sdd, cmi or kth-tips."""
    references: str | None = None
    """For caption and vqa: JSONL of LLaVA-style conversations with the right answers."""
    task: Task = "classify"
    """classify, caption or vqa."""
    model: Annotated[list[str], MinLen(1)] = ["nano"]
    """nano, the directory of a checkpoint, or a hub id. Give it several times to compare."""
    experts: list[str] = []
    """Folder that jobs/finetune.py wrote: the first model with these experts is compared too."""
    split: Literal["held_out", "all"] = "held_out"
    """Score the held-out share of the images, or all of them; few-shot examples come from the rest."""
    held_out: Annotated[float, Gt(0), Lt(1)] = 1 / 6
    """Share of the images that is held out, by a hash of their content."""
    seed: int = 0
    """Of the split and of all draws."""
    limit: Annotated[int, Ge(1)] | None = None
    """Score only so many images."""
    questions: Annotated[int, Ge(1)] = 4
    """For vqa: ask the so many most frequent questions; each is a screening of its own."""
    shots: Annotated[int, Ge(1), Lt(33)] | None = None
    """Examples a class for few-shot classification; none without."""
    sampling: Annotated[list[Sampling], MinLen(1)] = ["random", "by-class", "similar"]
    """How the examples are drawn from the images that are not held out."""
    episodes: Annotated[int, Ge(1)] = 10
    """Draws of examples for the heads on features."""
    in_context: bool = False
    """Put the examples into the prompt too, one draw of each sampling."""
    baselines: bool = False
    """Nearest neighbour, linear probe and a small network trained from scratch."""
    context: str | None = None
    """Auxiliary text about all of the images. Images whose prompt names their class are not scored."""
    own_context: bool = True
    """Tell the model each image's acquisition settings, and the description that lies beside it."""

    def contenders(self) -> list[Contender]:
        """The models, then the first of them with each set of experts."""
        tuned = [Contender(f"{self.model[0]} + {Path(e).name}", self.model[0], e) for e in self.experts]
        return [Contender(model, model) for model in self.model] + tuned

    @model_validator(mode="after")
    def _task_has_what_it_needs(self) -> "EvaluateConfig":
        needed = "dataset" if self.task == "classify" else "references"
        if not getattr(self, needed):
            raise ValueError(f"--{needed}: {self.task} needs it")
        if self.split == "all" and (self.shots or self.baselines):
            raise ValueError("--split all: leaves no images for --shots and --baselines to learn from")
        if self.task != "classify" and (self.shots or self.baselines):
            raise ValueError(f"--shots, --baselines: only classify takes them, the task is {self.task}")
        if self.in_context and not self.shots:
            raise ValueError("--in-context: needs --shots")
        return self
