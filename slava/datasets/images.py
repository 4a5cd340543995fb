"""The images below a folder, by the same rules as a screening's input."""

from pathlib import Path

from slava.archives import InputError, ShardKind, list_shards
from slava.archives.locations import show
from slava.datasets.example import DatasetError


def image_uris(directory: Path) -> list[str]:
    """The loose images in and below a folder, sorted, as a screening's results name them.

    Raises DatasetError where there are none.
    """
    try:
        shards = list_shards([str(directory)])
    except InputError:
        shards = []
    files = [shard for shard in shards if shard.kind is ShardKind.FILES]
    uris = sorted(show(shard.location + name) for shard in files for name in shard.names)
    if not uris:
        raise DatasetError(f"{directory}: no images in it; unpack its archives, or take the folder away")
    return uris


def subfolders(directory: Path) -> list[Path]:
    """The folders right below a folder, hidden ones left out. Raises DatasetError: no such folder."""
    if not directory.is_dir():
        raise DatasetError(f"{directory}: no such folder; give the folder that the data set was unpacked to")
    return sorted(path for path in directory.iterdir() if path.is_dir() and not path.name.startswith("."))
