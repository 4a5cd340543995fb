"""Command lines from configuration types, by pydantic-settings; `--config FILE` fills in the rest."""

import argparse
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, TypeVar

import yaml
from pydantic import BaseModel, Field, ValidationError, create_model
from pydantic_settings import BaseSettings, CliApp, PydanticBaseSettingsSource, SettingsConfigDict

from slava.clusters import WorkerError

FAILURE, USAGE_ERROR = 1, 2

Config = TypeVar("Config", bound=BaseModel)


class UsageError(ValueError):
    """What the user asked for cannot be done; the message is one line that says why and what to do."""


def run(
    kind: type[Config], main: Callable[[Config], int], program: str, argv: Sequence[str] | None = None
) -> int:
    """Parse, call `main`, and return the exit status: its own, or one with a line that says why."""
    try:
        return main(parse(kind, program, sys.argv[1:] if argv is None else argv))
    except UsageError as error:
        print(f"{program}: {error}", file=sys.stderr)
        return USAGE_ERROR
    except WorkerError as error:
        print(f"{program}: {error}", file=sys.stderr)
        return FAILURE


def parse(kind: type[Config], program: str, argv: Sequence[str]) -> Config:
    """The configuration that a command line asks for. Raises UsageError; `--help` exits."""
    path, lists, rest = _split(kind, program, argv)
    given = {**(_read(path) if path else {}), **lists}
    try:
        arguments = CliApp.run(_settings(kind, program), cli_args=rest, **given)
        return kind(**arguments.model_dump(exclude={"config"}))
    except ValidationError as error:
        raise UsageError("; ".join(_explain(part, path) for part in error.errors())) from error


class _CommandLine(BaseSettings):
    """Settings from the command line and the file, never from the environment: it may well hold a MODEL."""

    @classmethod
    def settings_customise_sources(
        cls, settings_cls: type[BaseSettings], init_settings: PydanticBaseSettingsSource, *_: Any, **__: Any
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        return (init_settings,)


def _settings(kind: type[BaseModel], program: str) -> type[Any]:
    """`kind` with the ways of a command line, and `--config` for its help: `_split` takes that out."""
    config = SettingsConfigDict(
        cli_prog_name=program,
        cli_kebab_case=True,
        cli_avoid_json=True,
        cli_hide_none_type=True,
        cli_implicit_flags=True,
        cli_enforce_required=False,
    )
    base = type(kind.__name__, (kind, _CommandLine), {"model_config": config, "__doc__": kind.__doc__})
    text = "YAML file with `name: value` lines for any of these; the command line goes before it."
    return create_model(
        kind.__name__, __base__=base, __doc__=kind.__doc__, config=(str | None, Field(None, description=text))
    )


def _split(
    kind: type[BaseModel], program: str, argv: Sequence[str]
) -> tuple[Path | None, dict[str, list[str]], list[str]]:
    """The file of `--config`, the values of list fields, and what is left for pydantic-settings.

    That would read each value of a list as JSON, and cut a path at its commas.
    """
    parser = argparse.ArgumentParser(program, add_help=False, allow_abbrev=False)
    parser.add_argument("--config", type=Path, metavar="FILE")
    names = [name for name, field in kind.model_fields.items() if _is_list(field)]
    for name in names:
        parser.add_argument(f"--{name.replace('_', '-')}", dest=name, action="append")
    known, rest = parser.parse_known_args(argv)
    return known.config, {name: getattr(known, name) for name in names if getattr(known, name)}, rest


def _read(path: Path) -> dict[str, Any]:
    try:
        content = yaml.safe_load(path.read_text(encoding="utf-8")) or {}
    except OSError as error:
        raise UsageError(f"--config {path}: {error.strerror}") from error
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise UsageError(f"--config {path}: not YAML: {' '.join(str(error).split())}") from error
    if not isinstance(content, dict):
        raise UsageError(f"--config {path}: should hold `name: value` lines")
    if "config" in content:
        raise UsageError(f"--config {path}: there is no setting 'config'")
    return {str(name).replace("-", "_"): value for name, value in content.items()}


def _is_list(field: Any) -> bool:
    return getattr(field.annotation, "__origin__", None) is list


def _explain(error: Any, config: Path | None) -> str:
    """One error of pydantic's as a line: the flag, what is wrong, what was given."""
    message = str(error["msg"]).removeprefix("Value error, ").removeprefix("Input ")
    if not error["loc"]:
        return message
    flag = "--" + str(error["loc"][0]).replace("_", "-")
    if error["type"] == "missing":
        return f"{flag}: is needed"
    if error["type"] == "extra_forbidden":
        return f"--config {config}: there is no setting {error['loc'][0]!r}"
    return f"{flag}: {message[0].lower()}{message[1:]}, got {error['input']!r}"
