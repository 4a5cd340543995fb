"""Any folder of class folders: `<directory>/<class>/<image>`, the layout that most data sets come in."""

from pathlib import Path

from slava.datasets.example import DatasetError, Example
from slava.datasets.images import image_uris, subfolders


def class_folders(directory: str | Path) -> list[Example]:
    """Every image below each class folder, sorted by file; the label is the folder's name as it is.

    Raises DatasetError: no such folder, no class folders in it, only one, or one without images.
    """
    root = Path(directory)
    folders = subfolders(root)
    if not folders:
        raise DatasetError(f"{root}: no class folders in it; it should hold one folder of images a class")
    if len(folders) == 1:
        raise DatasetError(f"{root}: only one class folder, {folders[0].name}; a choice needs two classes")
    return sorted(Example(uri, folder.name) for folder in folders for uri in image_uris(folder))
