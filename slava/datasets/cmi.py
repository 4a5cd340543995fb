"""CMI: 600 scribed and corroded panels, rated 5 to 9 by experts (Yin et al. 2021, BMVC; ASTM D1654).

Its publication gives images and ratings, but could not be fetched here. Our reading: every image lies in a
folder named by its rating (`5` ... `9`, or `rating_5`), these maybe below `train` and `test`.
"""

import re
from pathlib import Path, PurePath

from slava.datasets.example import DatasetError, Example
from slava.datasets.images import image_uris

CMI_LABELS = ("5", "6", "7", "8", "9")
_RATING = re.compile(r"(?:.*\D)?([5-9])")


def cmi(directory: str | Path) -> list[Example]:
    """The images by the rating in their folder's name.

    Raises DatasetError: no images, or one whose folder names no rating from 5 to 9.
    """
    return [Example(uri, _rating(PurePath(uri))) for uri in image_uris(Path(directory))]


def _rating(path: PurePath) -> str:
    found = _RATING.fullmatch(path.parent.name)
    if found is None:
        raise DatasetError(f"{path}: its folder is not named by a rating from 5 to 9")
    return found[1]
