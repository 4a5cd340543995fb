"""The prompts that the teacher is given: two Jinja files that users may replace by their own."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from importlib import resources
from pathlib import Path
from typing import Any

from jinja2 import StrictUndefined, TemplateError
from jinja2.sandbox import ImmutableSandboxedEnvironment

FILES = ("system.jinja", "user.jinja")
_ENVIRONMENT = ImmutableSandboxedEnvironment(
    undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True, autoescape=False
)


class PromptError(ValueError):
    """A prompt file that is missing or cannot be filled in; the message says which and why."""


@dataclass(frozen=True)
class Prompts:
    """The text of the two templates."""

    system: str
    user: str

    @classmethod
    def read(cls, folder: Path | None = None) -> "Prompts":
        """The user's own prompts, or those that ship with the package. Raises PromptError."""
        shipped = resources.files("slava.teacher") / "prompts"
        try:
            return cls(*((folder or shipped).joinpath(name).read_text(encoding="utf-8") for name in FILES))
        except OSError as error:
            message = f"--prompts {folder}: {error.strerror}: it needs {' and '.join(FILES)}"
            raise PromptError(message) from error

    @property
    def digest(self) -> str:
        """SHA-256 of both."""
        return hashlib.sha256(f"{self.system}\0{self.user}".encode()).hexdigest()

    def messages(self, facts: Mapping[str, Any]) -> tuple[str, str]:
        """Both templates, filled in with what is known of a micrograph. Raises PromptError."""
        return _filled(FILES[0], self.system, facts), _filled(FILES[1], self.user, facts)


def _filled(name: str, template: str, facts: Mapping[str, Any]) -> str:
    try:
        return _ENVIRONMENT.from_string(template).render(facts).strip()
    except TemplateError as error:
        raise PromptError(f"{name}: {error}") from error
