"""What generating can be told: the one place for its settings, and the source of `--help`."""

from pathlib import Path
from typing import Annotated, Literal

from annotated_types import Ge, Gt, Le, Lt, MinLen
from pydantic import BaseModel, ConfigDict, model_validator

from slava.datasets import Split
from slava.teacher import measuring_teacher


class GenerateConfig(BaseModel):
    """Let a teacher write questions and answers about micrographs, to fine-tune sLAVA on."""

    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)

    input: Annotated[list[str], MinLen(1)]
    """Folder, file, tar, zip or Parquet archive, or s3:// prefix. Give it several times for several."""
    output: str
    """Folder or s3:// prefix for conversations and report. The same command again resumes there."""
    teacher: str = measuring_teacher.NAME
    """measuring (image analysis, no network), or the URL of an OpenAI-compatible endpoint (.../v1)."""
    teacher_model: str | None = None
    """With a URL: the model to ask for."""
    labels_from: str | None = None
    """Tell the teacher the class: `folder` (its folder's name), or a CSV file with columns file and label."""
    split: Literal["all", "train", "held_out"] = "all"
    """Ask about all images, or leave out those that jobs/evaluate.py scores, or ask about those alone."""
    held_out: Annotated[float, Gt(0), Lt(1)] = 1 / 6
    """With --split: the share that is held out, by a hash of the content, as jobs/evaluate.py splits."""
    limit: Annotated[int, Ge(1)] | None = None
    """Ask about so many micrographs at the most."""
    max_error_rate: Annotated[float, Ge(0), Le(1)] = 0.2
    """Exit with 1 when a larger share of the inputs failed."""
    prompts: Path | None = None
    """With a URL: folder with your own system.jinja and user.jinja."""
    api_key_env: str = "OPENAI_API_KEY"
    """With a URL: the environment variable that holds the key. Unset: no key is sent."""
    concurrency: Annotated[int, Ge(1), Le(1024)] = 8
    """With a URL: requests under way at once."""
    retries: Annotated[int, Ge(0), Le(20)] = 5
    """With a URL: for a request that failed, or an answer that cannot be read."""
    retry_wait_s: Annotated[float, Gt(0)] = 1.0
    """With a URL: seconds before the first retry; doubled each time."""
    timeout_s: Annotated[float, Gt(0)] = 120.0
    """With a URL: seconds for one request."""
    max_tokens: Annotated[int, Ge(1)] | None = None
    """With a URL: tokens that may be spent in all, earlier runs into this output included."""
    max_cost: Annotated[float, Gt(0)] | None = None
    """With a URL: money that may be spent in all; needs the prices."""
    price_prompt: Annotated[float, Ge(0)] = 0.0
    """With a URL: money for a million prompt tokens."""
    price_answer: Annotated[float, Ge(0)] = 0.0
    """With a URL: money for a million answer tokens."""
    max_answer_tokens: Annotated[int, Ge(16)] = 2048
    """With a URL: tokens of one answer."""
    triples: Annotated[int, Ge(1), Le(32)] = 8
    """With a URL: triples to ask for."""
    image_side: Annotated[int, Ge(64), Le(4096)] = 768
    """With a URL: pixels of the longer side of the picture that is sent."""

    @model_validator(mode="after")
    def _teacher_has_what_it_needs(self) -> "GenerateConfig":
        if not self.has_endpoint and self.teacher != measuring_teacher.NAME:
            raise ValueError("--teacher: give measuring, or the http:// or https:// URL of an endpoint")
        if self.has_endpoint and not self.teacher_model:
            raise ValueError("--teacher-model: an endpoint needs the name of the model to ask")
        if self.max_cost is not None and not (self.price_prompt or self.price_answer):
            raise ValueError("--max-cost: needs --price-prompt and --price-answer")
        return self

    @property
    def side(self) -> tuple[Split, float] | None:
        """The side that is asked about, and the share that is held out; None: both sides."""
        return None if self.split == "all" else (self.split, self.held_out)

    @property
    def has_endpoint(self) -> bool:
        """Whether the teacher is asked over HTTP."""
        return self.teacher.startswith(("http://", "https://"))

    @property
    def url(self) -> str:
        """Of the endpoint's chat completions."""
        return self.teacher.rstrip("/").removesuffix("/chat/completions") + "/chat/completions"
