"""KTH-TIPS: textures of ten materials, 81 pictures each (Fritz, Hayman, Caputo and Eklundh 2004).

Published as `KTH_TIPS/<material>/NN-scale_S_im_I_col.png`: sample NN (one a material), nine scales S, nine
poses and lightings I. The grey copy of the set ends in `_grey.png`.
"""

import re
from pathlib import Path, PurePath

from slava.datasets.example import DatasetError, Example
from slava.datasets.images import image_uris

_NAME = re.compile(r"\w+-scale_\d+_im_\d+_(col|grey)\.png", re.IGNORECASE)


def kth_tips(directory: str | Path) -> list[Example]:
    """The pictures by their material, underscores read as spaces; other images are passed over.

    `directory` is `KTH_TIPS` or the folder around it. Raises DatasetError: no picture is named so.
    """
    paths = [PurePath(uri) for uri in image_uris(Path(directory))]
    found = [
        Example(str(path), path.parent.name.replace("_", " ")) for path in paths if _NAME.fullmatch(path.name)
    ]
    if not found:
        raise DatasetError(f"{directory}: no picture named <material>/NN-scale_S_im_I_col.png")
    return found
