"""What the vision tower says of a set of images: computed once, kept in a folder."""

import hashlib
import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image
from safetensors.numpy import load_file, save_file

from slava.micrographs import decode
from slava.model.checkpoints import weights_digest
from slava.model.encoder import VisionEncoder
from slava.model.modeling import pooled_features

BATCH = 16


@dataclass(frozen=True, eq=False)
class Features:
    """Three views of N images, float32."""

    pooled: NDArray[np.float32]
    """[N, 2D]: class token and mean patch of the last layer."""
    middle: NDArray[np.float32]
    """[N, D]: mean patch after two thirds of the tower's blocks.

    A tower's last blocks serve what it was trained for; textures are told apart better before them.
    """
    tokens: NDArray[np.float32]
    """[N, T, H]: the image tokens, as the language model reads them."""


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
    views = [_views(vision, [picture(uri, side) for uri in some]) for some in _batches(uris)]
    return {name: np.concatenate([view[name] for view in views]) for name in views[0]}


def _batches(uris: Sequence[str]) -> Iterator[tuple[str, ...]]:
    for start in range(0, len(uris), BATCH):
        yield tuple(uris[start : start + BATCH])


@torch.inference_mode()
def _views(vision: VisionEncoder, pictures: list[NDArray[np.uint8]]) -> dict[str, NDArray[np.float32]]:
    pixels = vision.image_processor(images=pictures, return_tensors="pt").pixel_values
    outputs = vision.tower(pixels.to(vision.device, vision.dtype), output_hidden_states=True)
    states = outputs.hidden_states
    layer = vision.config.vision_feature_layer
    last = outputs.last_hidden_state if layer == -1 else states[layer]
    patches = last[:, 1:]
    middle = states[round((len(states) - 1) * 2 / 3)][:, 1:].mean(1)
    views = {
        "pooled": pooled_features(patches, last[:, 0]),
        "middle": middle,
        "tokens": vision.projector(patches),
    }
    return {name: view.float().cpu().numpy().copy() for name, view in views.items()}
