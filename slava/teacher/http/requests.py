"""What is sent to the endpoint for one micrograph."""

import io
import json
from base64 import b64encode
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from PIL import Image

from slava.micrographs import Micrograph
from slava.teacher.facets import Subject, surface
from slava.teacher.http.answers import SCHEMA
from slava.teacher.http.prompts import Prompts
from slava.teacher.measuring import Measurements
from slava.teacher.measuring_teacher import subject_of
from slava.teacher.triples import FACETS


@dataclass(frozen=True)
class RequestBuilder:
    """Builds chat requests that differ in nothing but the micrograph."""

    prompts: Prompts
    model: str
    max_tokens: int
    """Of an answer."""
    count: int
    """Triples to ask for."""
    image_side: int
    """Of the square, in pixels, into which the picture is shrunk."""

    def build(self, micrograph: Micrograph, found: Measurements, label: str | None) -> str:
        """The request's body as JSON. Raises PromptError."""
        system, user = self.prompts.messages(self._facts(subject_of(micrograph, found, label)))
        picture = {"type": "image_url", "image_url": {"url": _data_uri(micrograph, self.image_side)}}
        body: dict[str, Any] = {
            "model": self.model,
            "max_tokens": self.max_tokens,
            # OpenAI's default, which others do not share: asked greedily, an unreadable reply comes again.
            "temperature": 1,
            "messages": [
                {"role": "system", "content": system},
                {"role": "user", "content": [picture, {"type": "text", "text": user}]},
            ],
            "response_format": {
                "type": "json_schema",
                "json_schema": {"name": "triples", "strict": True, "schema": SCHEMA},
            },
        }
        return json.dumps(body)

    def check(self) -> None:
        """Fill the prompts in for a micrograph of which nothing is known. Raises PromptError."""
        blank = {"facets": FACETS, "count": self.count, "measured": []}
        self.prompts.messages({**blank, "label": None, "settings": "", "field": None})

    def _facts(self, subject: Subject) -> Mapping[str, Any]:
        """What the templates may use; docs/generate.md lists it."""
        scale = subject.found.pixel_size_nm
        return {
            "label": subject.label,
            "facets": FACETS,
            "count": self.count,
            "settings": subject.acquisition.describe(),
            "field": subject.length(subject.found.width) if scale else None,
            "measured": list(_measured(subject)),
        }


def _measured(subject: Subject) -> list[str]:
    """Lines about what image analysis found and trusts."""
    objects, lines = subject.found.objects, []
    if objects:
        size = subject.length(float(objects.diameters.mean()), objects.diameter_error)
        lines.append(f"{objects.least} to {objects.most} {subject.things}, mean diameter {size}")
        lines.append(f"they cover {surface.share(objects.coverage, objects.coverage_error)} of the picture")
    if subject.found.orientation.is_clear:
        angle = round(subject.found.orientation.degrees)
        lines.append(f"the structure runs at {angle}° from the horizontal, anticlockwise")
    return lines


def _data_uri(micrograph: Micrograph, side: int) -> str:
    image = Image.fromarray(micrograph.pixels)
    image.thumbnail((side, side), Image.Resampling.LANCZOS)
    with io.BytesIO() as file:
        image.save(file, "JPEG", quality=90)
        return "data:image/jpeg;base64," + b64encode(file.getvalue()).decode("ascii")
