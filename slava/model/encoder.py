"""The vision half of a checkpoint alone: what runs once a micrograph, before the engine."""

from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from safetensors import safe_open
from torch import Tensor
from transformers import AutoConfig, AutoModel, AutoProcessor

from slava.model import configuration, hardware
from slava.model.modeling import PatchMergeProjector, tower_features

PREFIXES = {"model.vision_tower.": "tower", "model.multi_modal_projector.": "projector"}


class VisionEncoder:
    """Tower and projector; the language model is not even read from the disk."""

    def __init__(self, directory: Path) -> None:
        configuration.register()
        self.config: Any = AutoConfig.from_pretrained(directory)
        self.device, self.dtype = hardware.device(), hardware.dtype()
        self.image_processor = AutoProcessor.from_pretrained(directory).image_processor
        parts = _vision_weights(directory)
        # On a CPU torch's fused attention takes half as long again as two products and a softmax (torch 2.13,
        # bf16, 257 patches): a tenth of the tower.
        attention = "eager" if self.device == "cpu" else "sdpa"
        self.tower = AutoModel.from_config(self.config.vision_config, attn_implementation=attention)
        self.tower.load_state_dict(parts["tower"])
        self.projector = PatchMergeProjector(self.config)
        self.projector.load_state_dict(parts["projector"])
        for module in (self.tower, self.projector):
            module.eval().to(self.device, self.dtype)

    @torch.inference_mode()
    def __call__(self, pictures: list[NDArray[np.uint8]]) -> tuple[Tensor, Tensor]:
        """uint8 [H, W, 3] pictures to image tokens [B, T, H] and pooled features [B, 2D], float32."""
        pixels = self.image_processor(images=pictures, return_tensors="pt").pixel_values
        patches, pooled = tower_features(self.tower, self.config, pixels.to(self.device, self.dtype))
        return self.projector(patches).float().cpu(), pooled.float().cpu()


def _vision_weights(directory: Path) -> dict[str, dict[str, Tensor]]:
    parts: dict[str, dict[str, Tensor]] = {"tower": {}, "projector": {}}
    for path in sorted(directory.glob("*.safetensors")):
        with safe_open(path, "pt") as file:
            for key in file.keys():  # noqa: SIM118 - safe_open is no mapping
                for prefix, part in PREFIXES.items():
                    if key.startswith(prefix):
                        parts[part][key.removeprefix(prefix)] = file.get_tensor(key)
    return parts
