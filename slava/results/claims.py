"""Outputs that belong to the settings they were made with: only the same command goes on there."""

import json
from collections.abc import Mapping
from typing import Any

from pyarrow import fs

from slava.results.output import Output, whole


class ClaimError(ValueError):
    """The output holds what was made with other settings; the message names them."""


def claim(output: Output, name: str, settings: Mapping[str, Any]) -> None:
    """Keep the settings in the output's file `name`. Raises ClaimError if it holds others."""
    changed = changed_settings(output, name, settings)
    if changed:
        raise ClaimError(
            f"--output {output.path}: made with other settings ({', '.join(changed)}): "
            "give another folder, or empty this one"
        )
    if changed is None:
        write_settings(output, name, settings)


def changed_settings(output: Output, name: str, settings: Mapping[str, Any]) -> list[str] | None:
    """Names of the settings that the output's file tells otherwise; None where there is no such file."""
    path = f"{output.path}/{name}"
    if output.filesystem.get_file_info(path).type != fs.FileType.File:
        return None
    with output.filesystem.open_input_stream(path) as stream:
        earlier = json.loads(stream.read())
    return [name for name in settings if earlier.get(name) != settings[name]]


def write_settings(output: Output, name: str, settings: Mapping[str, Any]) -> None:
    """Write the file, in one piece."""
    with whole(output, name) as part, output.filesystem.open_output_stream(part) as stream:
        stream.write((json.dumps(settings, indent=2) + "\n").encode())
