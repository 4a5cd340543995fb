"""The class of each micrograph: its folder's name, or a line of a table."""

import csv
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

FOLDER = "folder"


class LabelTableError(ValueError):
    """A table of labels that cannot be read; the message says why."""


@dataclass(frozen=True)
class Labels:
    """Where classes come from: nowhere, folders, or `table` (file name to class)."""

    by_folder: bool = False
    table: Mapping[str, str] | None = None

    @classmethod
    def read(cls, source: str | None) -> "Labels":
        """`folder`, a CSV file with columns `file` and `label`, or None. Raises LabelTableError."""
        if source in (None, FOLDER):
            return cls(by_folder=source == FOLDER)
        try:
            with Path(source).open(encoding="utf-8-sig", newline="") as file:
                return cls(table={row["file"]: row["label"] for row in csv.DictReader(file)})
        except (OSError, UnicodeDecodeError, KeyError, csv.Error) as error:
            message = f"--labels-from {source}: needs `folder`, or a CSV file with columns file and label"
            raise LabelTableError(message) from error

    def of(self, uri: str, member: str | None) -> str | None:
        """The class of an image. A table may name it by any number of its last folders."""
        place = PurePosixPath(f"{uri}/{member}" if member else uri)
        if self.by_folder:
            parent = PurePosixPath(member).parent if member else place.parent
            return parent.name or None
        parts = place.parts
        names = ("/".join(parts[start:]) for start in range(len(parts)))
        return next((self.table[name] for name in names if name in self.table), None) if self.table else None
