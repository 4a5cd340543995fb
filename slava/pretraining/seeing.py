"""What the vision tower sees of drawn pictures: another window, tone and noise each time it looks."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from slava.model.modeling import tower_features
from slava.pretraining.augment import augment
from slava.pretraining.drawing import Gallery

CHUNK = 32


def see(
    model: Any, gallery: Gallery, chosen: Sequence[int] | NDArray[np.int64], generator: torch.Generator
) -> Tensor:
    """Patches [B, P, D] of the chosen pictures, augmented."""
    pictures = torch.from_numpy(gallery.pictures[chosen])
    crops = torch.from_numpy(gallery.cropped[chosen])
    pixels = augment(pictures, crops, generator).to(model.device, model.dtype)
    patches, _ = tower_features(model.model.vision_tower, model.config, pixels)
    return patches.float()


def keep_seen(
    path: Path, model: Any, gallery: Gallery, count: int, generator: torch.Generator
) -> NDArray[np.float16]:
    """Patches [N, P, D] of the first pictures, looked at once; kept on the disk."""
    if path.is_file():
        return np.asarray(np.load(path, mmap_mode="r"))
    config = model.config.vision_config
    shape = (count, (config.image_size // config.patch_size) ** 2, config.hidden_size)
    part = path.with_suffix(".part")
    patches = np.lib.format.open_memmap(part, "w+", np.float16, shape)
    with torch.inference_mode():
        for chosen in np.array_split(np.arange(count), max(1, count // CHUNK)):
            patches[chosen] = see(model, gallery, chosen, generator).half().cpu().numpy()
    part.replace(path)
    return np.asarray(patches)
