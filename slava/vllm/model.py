"""sLAVA as a model of vLLM's: our tower and projector around vLLM's own Llama.

So quantization, LoRA and tensor parallelism of the language model are vLLM's. LoRA stays off the
tower: vLLM's support there is experimental, and crashed on CPU.
"""

from collections.abc import Iterable
from typing import Any, ClassVar

import torch
from torch import Tensor, nn
from transformers import AutoModel
from vllm.config import VllmConfig
from vllm.model_executor.models.interfaces import SupportsLoRA, SupportsMultiModal, SupportsPP
from vllm.model_executor.models.module_mapping import MultiModelKeys
from vllm.model_executor.models.utils import (
    AutoWeightsLoader,
    WeightsMapper,
    init_vllm_registered_model,
    maybe_prefix,
)
from vllm.multimodal import MULTIMODAL_REGISTRY

from slava.model.modeling import PatchMergeProjector, tower_features
from slava.vllm.processing import SlavaDummyInputsBuilder, SlavaMultiModalProcessor, SlavaProcessingInfo


@MULTIMODAL_REGISTRY.register_processor(
    SlavaMultiModalProcessor, info=SlavaProcessingInfo, dummy_inputs=SlavaDummyInputsBuilder
)
class SlavaForConditionalGeneration(nn.Module, SupportsLoRA, SupportsMultiModal, SupportsPP):  # type: ignore[misc]
    """Takes `pixel_values` (online) or `image_embeds` [T, H] (screening: the tower ran already)."""

    packed_modules_mapping: ClassVar[dict[str, list[str]]] = {
        "qkv_proj": ["q_proj", "k_proj", "v_proj"],
        "gate_up_proj": ["gate_proj", "up_proj"],
    }
    hf_to_vllm_mapper = WeightsMapper(
        orig_to_new_prefix={
            "model.language_model.": "language_model.model.",
            "model.vision_tower.": "vision_tower.",
            "model.multi_modal_projector.": "multi_modal_projector.",
            "lm_head.": "language_model.lm_head.",
            "matching_head.": None,  # the matching head is of training and routing, not of the engine
        }
    )

    # What the interfaces above bring; nn.Module would have them Tensors.
    configure_mm_token_handling: Any
    _mark_tower_model: Any
    _mark_language_model: Any

    @classmethod
    def get_placeholder_str(cls, modality: str, i: int) -> str | None:
        return "<image>"

    def __init__(self, *, vllm_config: VllmConfig, prefix: str = "") -> None:
        super().__init__()
        self.config = config = vllm_config.model_config.hf_config
        self.configure_mm_token_handling(
            vocab_size=config.text_config.vocab_size, mm_token_ids=[config.image_token_index]
        )
        with self._mark_tower_model(vllm_config, "image"):
            self.vision_tower = AutoModel.from_config(config.vision_config)
            self.multi_modal_projector = PatchMergeProjector(config)
        with self._mark_language_model(vllm_config):
            self.language_model = init_vllm_registered_model(
                vllm_config=vllm_config,
                hf_config=config.text_config,
                prefix=maybe_prefix(prefix, "language_model"),
                architectures=["LlamaForCausalLM"],
            )
        self.dtype = vllm_config.model_config.dtype
        self.make_empty_intermediate_tensors = self.language_model.make_empty_intermediate_tensors

    def embed_multimodal(self, **kwargs: object) -> Any:
        """Image tokens, one [T, H] tensor a picture."""
        embeds = kwargs.get("image_embeds")
        if isinstance(embeds, Tensor):
            # vLLM batches them; the dtype is the model's, not the projector's: that one is not built
            # when the engine serves embeddings only.
            return list(embeds.to(self.dtype))
        if embeds is not None:
            return [item.to(self.dtype) for item in embeds]  # type: ignore[attr-defined]
        pixels = kwargs.get("pixel_values")
        if pixels is None:
            return []
        return list(self._project(pixels))

    def _project(self, pixels_BCHW: Any) -> Tensor:
        patches, _ = tower_features(self.vision_tower, self.config, pixels_BCHW.to(self.dtype))
        tokens: Tensor = self.multi_modal_projector(patches)
        return tokens

    def forward(
        self,
        input_ids: Tensor | None,
        positions: Tensor,
        intermediate_tensors: Any = None,
        inputs_embeds: Tensor | None = None,
        **_: object,
    ) -> Any:
        if intermediate_tensors is not None:
            inputs_embeds = None
        return self.language_model.model(
            input_ids, positions, intermediate_tensors, inputs_embeds=inputs_embeds
        )

    def compute_logits(self, hidden_states: Tensor) -> Any:
        return self.language_model.compute_logits(hidden_states)

    def load_weights(self, weights: Iterable[tuple[str, torch.Tensor]]) -> set[str]:
        loaded: set[str] = AutoWeightsLoader(self).load_weights(weights, mapper=self.hf_to_vllm_mapper)
        return loaded

    def get_mm_mapping(self) -> MultiModelKeys:
        return MultiModelKeys.from_string_field(
            language_model="language_model", connector="multi_modal_projector", tower_model="vision_tower"
        )
