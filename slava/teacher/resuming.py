"""What earlier runs into the same output have done, so that nothing is asked twice."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import pyarrow.parquet as pq
from pyarrow import fs

from slava.results import Output
from slava.teacher.filters.near_duplicates import NearDuplicates
from slava.teacher.http.budget import Usage
from slava.teacher.tables import SCHEMAS

SETTINGS = "generate.json"


@dataclass
class Past:
    """What there is."""

    done: set[str] = field(default_factory=set)
    """`image_id` of micrographs that had their answer, or a reply that cannot be read."""
    usage: Usage = field(default_factory=Usage)
    """Tokens, of requests in vain too."""
    duplicates: NearDuplicates = field(default_factory=NearDuplicates)


def look_back(output: Output) -> Past:
    """Read what is done, and remove what a crash left half: files of a batch without its images."""
    _remove_torn(output)
    past = Past()
    for row in rows(output, "images", ["image_id", "status", "prompt_tokens", "answer_tokens"]):
        past.usage += Usage(row["prompt_tokens"], row["answer_tokens"])
        if row["status"] != "failed":
            past.done.add(row["image_id"])
    for row in rows(output, "conversations", ["conversations"]):
        past.duplicates.remember(
            row["conversations"][0]["value"].removeprefix("<image>\n"), row["conversations"][1]["value"]
        )
    return past


def rows(output: Output, folder: str, columns: list[str]) -> Iterator[dict[str, Any]]:
    """The rows of a table, in the order of files."""
    for path in _files(output, folder):
        with output.filesystem.open_input_file(path) as source, pq.ParquetFile(source) as file:
            for batch in file.iter_batches(1024, columns=columns):
                yield from batch.to_pylist()


def _remove_torn(output: Output) -> None:
    whole_batches = {path.rpartition("/")[2] for path in _files(output, "images")}
    for folder in SCHEMAS:
        for path in _files(output, folder):
            if path.rpartition("/")[2] not in whole_batches:
                output.filesystem.delete_file(path)


def _files(output: Output, folder: str) -> list[str]:
    selector = fs.FileSelector(f"{output.path}/{folder}", allow_not_found=True)
    found = output.filesystem.get_file_info(selector)
    return sorted(info.path for info in found if info.path.endswith(".parquet"))
