"""NEU-SDD: surface defects of hot-rolled steel, six classes of 300 (Song and Yan 2013).

Published flat, the class in the name's beginning (`Cr_1.bmp`); also passed on as class folders
(`crazing/crazing_1.jpg`).
"""

from pathlib import Path, PurePath

from slava.datasets.example import DatasetError, Example
from slava.datasets.images import image_uris

_PREFIXES = {
    "cr": "crazing",
    "in": "inclusion",
    "pa": "patches",
    "ps": "pitted surface",
    "rs": "rolled-in scale",
    "sc": "scratches",
}
NEU_SDD_LABELS = tuple(_PREFIXES.values())
_NAMES = {label.replace("-", " "): label for label in NEU_SDD_LABELS}


def neu_sdd(directory: str | Path) -> list[Example]:
    """The images by the class in their folder's name, else in their own.

    Raises DatasetError: no images, or one that neither its folder nor its name gives a class.
    """
    return [Example(uri, _label(PurePath(uri))) for uri in image_uris(Path(directory))]


def _label(path: PurePath) -> str:
    folder = path.parent.name.lower().replace("_", " ").replace("-", " ")
    label = _NAMES.get(folder) or _PREFIXES.get(path.stem.partition("_")[0].lower())
    if label is None:
        raise DatasetError(f"{path}: neither its folder nor its name says one of the six NEU-SDD classes")
    return label
