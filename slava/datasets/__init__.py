"""Data sets from their published folder layouts, and their fixed splits."""

from collections.abc import Callable
from pathlib import Path
from typing import Literal

from slava.datasets.class_folders import class_folders
from slava.datasets.cmi import cmi
from slava.datasets.example import DatasetError, Example
from slava.datasets.kth_tips import kth_tips
from slava.datasets.neu_sdd import neu_sdd
from slava.datasets.sem import sem
from slava.datasets.splits import Split, image_id, share, split_of

Layout = Literal["folders", "sem", "neu-sdd", "cmi", "kth-tips"]
"""How a data set's files lie."""

_READERS: dict[Layout, Callable[[Path], list[Example]]] = {
    "folders": class_folders,
    "sem": sem,
    "neu-sdd": neu_sdd,
    "cmi": cmi,
    "kth-tips": kth_tips,
}


def read_dataset(directory: str | Path, layout: Layout = "folders") -> list[Example]:
    """The labelled images of a data set, sorted. Raises DatasetError."""
    return _READERS[layout](Path(directory))


__all__ = [
    "DatasetError",
    "Example",
    "Layout",
    "Split",
    "class_folders",
    "cmi",
    "image_id",
    "kth_tips",
    "neu_sdd",
    "read_dataset",
    "sem",
    "share",
    "split_of",
]
