"""What the vision tower says of a set of images: computed once, kept in a folder."""

import hashlib
import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from safetensors.numpy import load_file, save_file

from slava.micrographs import decode
from slava.model.checkpoints import weights_digest
from slava.model.encoder import VisionEncoder

BATCH = 16


@dataclass(frozen=True, eq=False)
class Features:
    """Two views of N images, float32."""

    pooled: NDArray[np.float32]
    """[N, 2D]: class token and mean patch."""
    tokens: NDArray[np.float32]
    """[N, T, H]: the image tokens, as the language model reads them."""

    @property
    def mean_patch(self) -> NDArray[np.float32]:
        """[N, D]: textures are all over a picture; the class token tells of its subject."""
        return self.pooled[:, self.pooled.shape[1] // 2 :]


def tower_features(uris: Sequence[str], checkpoint: Path, cache: Path) -> Features:
    """The features of the first page of each file; read from `cache` where they lie there already.

    Raises InputFailure for a file that is no image.
    """
    names = "\n".join(f"{uri} {os.stat(uri).st_mtime_ns}" for uri in uris)  # noqa: PTH116
    key = hashlib.sha256(f"{weights_digest(checkpoint)}\n{names}".encode()).hexdigest()[:16]
    path = cache / f"features-{key}.safetensors"
    if not path.is_file():
        cache.mkdir(parents=True, exist_ok=True)
        save_file(_compute(uris, checkpoint), f"{path}.part")
        Path(f"{path}.part").replace(path)
    return Features(**load_file(path))


def picture(uri: str, side: int) -> NDArray[np.uint8]:
    """uint8 [side, side, 3]: the first page of a file, shrunk as a screening does it."""
    pixels = decode(Path(uri).read_bytes(), uri)[0].pixels
    return np.asarray(Image.fromarray(pixels).resize((side, side), Image.Resampling.BICUBIC))


def _compute(uris: Sequence[str], checkpoint: Path) -> dict[str, NDArray[np.float32]]:
    vision = VisionEncoder(checkpoint)
    side = int(vision.config.vision_config.image_size)
    seen = [vision([picture(uri, side) for uri in some]) for some in _batches(uris)]
    tokens, pooled = (np.concatenate([view.numpy() for view in views]) for views in zip(*seen, strict=True))
    return {"pooled": pooled, "tokens": tokens}


def _batches(uris: Sequence[str]) -> Iterator[tuple[str, ...]]:
    for start in range(0, len(uris), BATCH):
        yield tuple(uris[start : start + BATCH])
