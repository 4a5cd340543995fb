"""Directories that appear whole: made under another name, then renamed."""

from pathlib import Path


def appear(made: Path, directory: Path) -> None:
    """Give what was made its name. Rename is atomic: of two processes that make the same, one wins."""
    try:
        made.rename(directory)
    except OSError:
        if not directory.is_dir():
            raise
