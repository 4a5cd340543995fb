"""The configuration of a sLAVA checkpoint: LLaVA's, with a patch merge and a calibrated choice."""

from typing import Any

from transformers import AutoConfig
from transformers.models.llava import LlavaConfig


class SlavaConfig(LlavaConfig):  # type: ignore[misc]
    """A vision tower, a patch merge with a two-layer MLP, and a Llama.

    With `merge_size` 1, `vision_feature_layer` -2 and a CLIP tower it is exactly LLaVA-1.5
    (Liu et al. 2023, "Improved baselines with visual instruction tuning").
    """

    model_type = "slava"

    merge_size: int = 1
    """Side of the square of neighbouring patches that becomes one token of the language model."""

    label_temperature: float = 1.0
    """Divides the log-probabilities of a choice among labels, to calibrate them (Guo et al. 2017)."""

    @property
    def image_tokens(self) -> int:
        """Tokens of the language model that one micrograph takes."""
        vision: Any = self.vision_config
        return int(vision_side(vision) // self.merge_size) ** 2


def vision_side(vision_config: Any) -> int:
    """Patches along one side of the picture that the tower sees."""
    return int(vision_config.image_size // vision_config.patch_size)


def register() -> None:
    """Make `AutoConfig` know sLAVA; idempotent."""
    AutoConfig.register("slava", SlavaConfig, exist_ok=True)
