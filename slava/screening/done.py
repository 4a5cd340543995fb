"""What earlier runs of the same screening have done, so that the same command resumes."""

import hashlib
import json
from collections import Counter
from dataclasses import dataclass

from pyarrow import fs

from slava.results import Output, read_results, storable

SETTINGS = "screening.json"


class ResumeError(ValueError):
    """The output folder holds a screening with other settings."""


@dataclass(frozen=True)
class Done:
    """Inputs that have all their results; eight bytes each, since it travels to every reader."""

    keys: frozenset[bytes] = frozenset()

    def has(self, uri: str, member: str | None) -> bool:
        """Whether this input has all its results."""
        return bool(self.keys) and self.key(uri, member) in self.keys

    @staticmethod
    def key(uri: str, member: str | None) -> bytes:
        """An input in eight bytes."""
        name = f"{storable(uri)}\0{storable(member or '')}"
        return hashlib.blake2b(name.encode(), digest_size=8).digest()


def find_done(output: Output) -> Done:
    """Inputs with a result for each of their pages. One that failed is tried again."""
    left: Counter[bytes] = Counter()
    for batch in read_results(output, ["uri", "member", "pages"]):
        for row in batch.to_pylist():
            key = Done.key(row["uri"], row["member"])
            left[key] = left.get(key, row["pages"]) - 1
    return Done(frozenset(key for key, pages in left.items() if pages == 0))


def claim(output: Output, settings: dict[str, object]) -> None:
    """Mark the output folder as that of a screening with these settings.

    Raises ResumeError if it is that of another one: their rows would be mixed.
    """
    path = f"{output.path}/{SETTINGS}"
    output.filesystem.create_dir(output.path, recursive=True)
    if output.filesystem.get_file_info(path).type == fs.FileType.File:
        with output.filesystem.open_input_stream(path) as stream:
            earlier = json.loads(stream.read())
        changed = [name for name in settings if earlier.get(name) != settings[name]]
        if changed:
            raise ResumeError(
                f"--output holds a screening with other settings ({', '.join(changed)}): "
                "give another folder, or empty this one"
            )
    with output.filesystem.open_output_stream(path) as stream:
        stream.write(json.dumps(settings, indent=2).encode())


def clear_dead_letters(output: Output) -> None:
    """Forget the failures of earlier runs: their inputs are tried again."""
    if output.filesystem.get_file_info(f"{output.path}/dead_letters").type == fs.FileType.Directory:
        output.filesystem.delete_dir_contents(f"{output.path}/dead_letters")
