"""How vLLM turns pictures or image embeddings into the model's inputs."""

from collections.abc import Mapping, Sequence
from typing import Any

from transformers.models.llava import LlavaProcessor
from vllm.multimodal.inputs import MultiModalFieldConfig
from vllm.multimodal.parse import ImageEmbeddingItems, ImageProcessorItems
from vllm.multimodal.processing import (
    BaseDummyInputsBuilder,
    BaseMultiModalProcessor,
    BaseProcessingInfo,
    PromptReplacement,
    PromptUpdate,
)

from slava.model.configuration import SlavaConfig


class SlavaProcessingInfo(BaseProcessingInfo):  # type: ignore[misc]
    """What vLLM asks about the checkpoint before it sees an input."""

    def get_hf_config(self) -> SlavaConfig:
        config: SlavaConfig = self.ctx.get_hf_config(SlavaConfig)
        return config

    def get_hf_processor(self, **kwargs: object) -> LlavaProcessor:
        return self.ctx.get_hf_processor(LlavaProcessor, **kwargs)

    def get_supported_mm_limits(self) -> Mapping[str, int | None]:
        return {"image": None}


class SlavaDummyInputsBuilder(BaseDummyInputsBuilder):  # type: ignore[misc]
    """The largest input there is, with which vLLM measures its memory."""

    def get_dummy_text(self, mm_counts: Mapping[str, int]) -> str:
        token: str = self.info.get_hf_processor().image_token
        return token * mm_counts.get("image", 0)

    def get_dummy_mm_data(
        self, seq_len: int, mm_counts: Mapping[str, int], mm_options: Mapping[str, Any]
    ) -> dict[str, Any]:
        side = self.info.get_hf_config().vision_config.image_size
        count = mm_counts.get("image", 0)
        return {"image": self._get_dummy_images(width=side, height=side, num_images=count)}


class SlavaMultiModalProcessor(BaseMultiModalProcessor):  # type: ignore[misc]
    """Each `<image>` of the prompt becomes as many image tokens as the micrograph takes."""

    def _get_mm_fields_config(
        self, hf_inputs: Mapping[str, Any], hf_processor_mm_kwargs: Mapping[str, object]
    ) -> Mapping[str, MultiModalFieldConfig]:
        batched = MultiModalFieldConfig.batched("image")
        return {"pixel_values": batched, "image_embeds": batched}

    def _get_prompt_updates(
        self, mm_items: Any, hf_processor_mm_kwargs: Mapping[str, object], out_mm_kwargs: Any
    ) -> Sequence[PromptUpdate]:
        config = self.info.get_hf_config()

        def replacement(index: int) -> list[int]:
            images = mm_items.get_items("image", (ImageEmbeddingItems, ImageProcessorItems))
            given = isinstance(images, ImageEmbeddingItems)
            count = images.get_feature_size(index) if given else config.image_tokens
            return [config.image_token_index] * count

        return [
            PromptReplacement(modality="image", target=[config.image_token_index], replacement=replacement)
        ]
