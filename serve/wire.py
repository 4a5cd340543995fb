"""What goes over the wire: OpenAI's chat completions in the part that sLAVA answers, and its own calls."""

from typing import Annotated, Any, Literal, Self

from annotated_types import Ge, Le, MaxLen, MinLen
from pydantic import BaseModel, ConfigDict, Field, model_validator

Line = Annotated[str, MaxLen(4_000)]


class Wire(BaseModel):
    """A request; a field that is not known is an error, not something that is passed over."""

    model_config = ConfigDict(extra="forbid", use_attribute_docstrings=True)


class TextPart(Wire):
    """Text of a message."""

    type: Literal["text"]
    text: Annotated[str, MaxLen(100_000)]


class ImageUrl(Wire):
    """Where a micrograph is: in the request itself."""

    url: str
    """`data:image/tiff;base64,...`"""
    detail: Literal["auto", "low", "high"] = "auto"
    """Taken for OpenAI's sake; a micrograph is always seen whole."""


class ImagePart(Wire):
    """A micrograph in a message."""

    type: Literal["image_url"]
    image_url: ImageUrl


Part = Annotated[TextPart | ImagePart, Field(discriminator="type")]


class Message(Wire):
    """One turn of the conversation."""

    role: Literal["system", "user", "assistant"]
    content: Annotated[str, MaxLen(100_000)] | Annotated[list[Part], MinLen(1), MaxLen(64)]
    name: str | None = None

    def parts(self) -> list[Part]:
        """The content, always as a list."""
        return [TextPart(type="text", text=self.content)] if isinstance(self.content, str) else self.content


class StreamOptions(Wire):
    """What a stream tells beside its text."""

    include_usage: bool = False


class JsonSchema(Wire):
    """A schema that the answer keeps to."""

    name: Line
    schema_: Annotated[dict[str, Any], Field(alias="schema")]
    description: str | None = None
    strict: bool | None = None


class ResponseFormat(Wire):
    """The form of the answer."""

    type: Literal["text", "json_object", "json_schema"]
    json_schema: JsonSchema | None = None

    @model_validator(mode="after")
    def _with_its_schema(self) -> Self:
        if self.type == "json_schema" and self.json_schema is None:
            raise ValueError("json_schema is missing")
        return self


class ChatRequest(Wire):
    """OpenAI's chat completion."""

    model: Line = "slava"
    """slava (the base), slava:EXPERT, or slava:auto for what the gate chooses."""
    messages: Annotated[list[Message], MinLen(1), MaxLen(64)]
    max_tokens: Annotated[int, Ge(1)] | None = None
    max_completion_tokens: Annotated[int, Ge(1)] | None = None
    temperature: Annotated[float, Ge(0), Le(2)] = 0.0
    """Greedy by default: a measurement should come out the same twice."""
    top_p: Annotated[float, Field(gt=0, le=1)] = 1.0
    frequency_penalty: Annotated[float, Ge(-2), Le(2)] = 0.0
    presence_penalty: Annotated[float, Ge(-2), Le(2)] = 0.0
    seed: Annotated[int, Ge(-(2**63)), Le(2**63 - 1)] | None = None
    stop: Line | Annotated[list[Line], MaxLen(4)] | None = None
    n: Annotated[int, Ge(1), Le(4)] = 1
    logprobs: bool = False
    top_logprobs: Annotated[int, Ge(0), Le(20)] | None = None
    response_format: ResponseFormat | None = None
    stream: bool = False
    stream_options: StreamOptions | None = None
    user: Line | None = None
    metadata: dict[str, str] | None = None
    store: Literal[False] | None = None
    """Nothing is ever kept."""


class ClassifyRequest(Wire):
    """Which of the labels do the micrographs show?"""

    model: Line = "slava:auto"
    """slava (the base), slava:EXPERT, or slava:auto."""
    images: Annotated[list[str], MinLen(1)]
    """Data URIs; several are several views of one sample."""
    labels: Annotated[list[Annotated[str, MinLen(1), MaxLen(200)]], MinLen(2), MaxLen(64)] | None = None
    """By default those that the experts learned, or the ten NFFA classes."""
    context: Line | None = None
    """Auxiliary text about the sample."""


class SimilarRequest(Wire):
    """The nearest micrographs of the archive."""

    image: str
    """Data URI."""
    limit: Annotated[int, Ge(1), Le(50)] = 5


class MicrographRequest(Wire):
    """What a file holds."""

    image: str
    """Data URI."""


class InfoBar(BaseModel):
    """Where the instrument's info bar lies, in pixels of the stored frame."""

    top: int
    bottom: int
    left: int
    right: int


class Micrograph(BaseModel):
    """One picture of a file, as it was found."""

    image_id: str
    """SHA-256 of the file; later pages have `#page` appended."""
    page: int
    pages: int
    width: int
    """Of the stored frame, in pixels."""
    height: int
    info_bar: InfoBar | None
    acquisition: dict[str, Any]
    """The instrument's settings, in so far as the file tells them."""
    preview: str | None = None
    """JPEG of the whole frame as a data URI; from /v1/micrographs only."""


class Share(BaseModel):
    """An expert, and the gate's probability of it."""

    expert: str
    score: float


class Route(BaseModel):
    """What was seen, and who answers."""

    expert: str | None
    """NAME, or NAME:0.75+NAME:0.25; null for the base."""
    gate: list[Share]
    """The most probable first; empty without experts or micrographs."""
    micrographs: list[Micrograph]
