"""SEM: the NFFA-Europe set of electron micrographs, ten classes (Aversa et al. 2018, Scientific Data).

Published as one archive a class, unpacked to folders named `L0_Porous_Sponge` ... `L9_Fibres`, or without
the number.
"""

import re
from pathlib import Path

from slava.datasets.example import DatasetError, Example
from slava.datasets.images import image_uris, subfolders
from slava.tasks.labels import NFFA_LABELS

_NUMBER = re.compile(r"^l\d_")
_FOLDERS = {
    "porous_sponge": "Porous sponge",
    "patterned_surface": "Patterned surface",
    "particles": "Particles",
    "films_coated_surface": "Films and coated surface",
    "films_and_coated_surface": "Films and coated surface",
    "powder": "Powder",
    "tips": "Tips",
    "nanowires": "Nanowires",
    "biological": "Biological",
    "mems_devices_and_electrodes": "MEMS devices and electrodes",
    "fibres": "Fibres",
}


def sem(directory: str | Path) -> list[Example]:
    """The images of the class folders that are there, with the labels of NFFA_LABELS.

    Raises DatasetError: no such folder, or none in it is named as one of the ten classes.
    """
    folders = [(path, _label(path.name)) for path in subfolders(Path(directory))]
    found = [(path, label) for path, label in folders if label]
    if not found:
        raise DatasetError(
            f"{directory}: no folder named as one of the ten SEM classes ({NFFA_LABELS[0]}, ...)"
        )
    return sorted(Example(uri, label) for path, label in found for uri in image_uris(path))


def _label(name: str) -> str | None:
    return _FOLDERS.get(_NUMBER.sub("", name.strip().lower().replace(" ", "_")))
