"""Fixed splits by content: the same image falls on the same side, whatever its name, folder or order.

So an image that a data set holds twice never crosses, and a data set that grows keeps its old split.
"""

import hashlib
from pathlib import Path
from typing import Literal

Split = Literal["train", "held_out"]


def image_id_of(data: bytes) -> str:
    """The SHA-256 of a file's content, in hexadecimal: `image_id` in a screening's results."""
    return hashlib.sha256(data).hexdigest()


def image_id(uri: str) -> str:
    """The `image_id` of a file."""
    return image_id_of(Path(uri).read_bytes())


def share(image_id: str, seed: int = 0) -> float:
    """Where an image stands in [0, 1): evenly spread, by its content and the seed alone.

    The pages of one file (`<digest>#1`) stand together.
    """
    digest = hashlib.sha256(f"{seed}:{image_id.partition('#')[0]}".encode()).digest()
    return (int.from_bytes(digest[:8], "big") >> 11) / 2**53


def split_of(image_id: str, held_out: float = 1 / 6, seed: int = 0) -> Split:
    """The side of an image; `held_out` is the share that no training sees."""
    return "held_out" if share(image_id, seed) < held_out else "train"
