"""The network, on top of transformers' LLaVA: what differs is the patch merge and the matching head."""

from typing import Any

import torch
from torch import Tensor, nn
from transformers import AutoModelForImageTextToText
from transformers.activations import ACT2FN
from transformers.modeling_outputs import BaseModelOutputWithPooling
from transformers.models.llava.modeling_llava import LlavaForConditionalGeneration, LlavaModel

from slava.model import configuration
from slava.model.configuration import SlavaConfig


class PatchMergeProjector(nn.Module):
    """Neighbouring patches, merged and projected into the language model's space.

    [B, S*S, D] patches of an S x S grid become [B, (S/m)**2, H] tokens.
    """

    def __init__(self, config: Any) -> None:
        super().__init__()
        self.merge_size = config.merge_size
        width = config.vision_config.hidden_size * config.merge_size**2
        hidden = config.text_config.hidden_size
        self.linear_1 = nn.Linear(width, hidden, bias=config.multimodal_projector_bias)
        self.act = ACT2FN[config.projector_hidden_act]
        self.linear_2 = nn.Linear(hidden, hidden, bias=config.multimodal_projector_bias)

    def forward(self, patches_BND: Tensor) -> Tensor:
        merged = merge_patches(patches_BND, self.merge_size)
        projected: Tensor = self.linear_2(self.act(self.linear_1(merged)))
        return projected


def merge_patches(patches_BND: Tensor, size: int) -> Tensor:
    """[B, S*S, D] -> [B, (S/size)**2, D*size**2], row by row of the picture."""
    batch, count, width = patches_BND.shape
    side = round(count**0.5) // size
    grid = patches_BND.reshape(batch, side, size, side, size, width).transpose(2, 3)
    return grid.reshape(batch, side * side, size * size * width)


def pooled_features(patches_BND: Tensor, cls_BD: Tensor) -> Tensor:
    """What stands for the whole micrograph, [B, 2D]: the class token beside the mean patch."""
    return torch.cat([cls_BD, patches_BND.mean(dim=1)], dim=-1)


def tower_features(tower: Any, config: Any, pixels_BCHW: Tensor) -> tuple[Tensor, Tensor]:
    """One pass of the vision tower: patches [B, N, D] and pooled features [B, 2D].

    Layer -1 is the tower's normed output; any other is a raw hidden state, as LLaVA takes it.
    """
    layer = config.vision_feature_layer
    outputs = tower(pixel_values=pixels_BCHW, output_hidden_states=layer != -1)
    states = outputs.last_hidden_state if layer == -1 else outputs.hidden_states[layer]
    return states[:, 1:], pooled_features(states[:, 1:], states[:, 0])


class SlavaModel(LlavaModel):  # type: ignore[misc]
    """Tower, projector and Llama, without the heads."""

    config_class = SlavaConfig

    def __init__(self, config: SlavaConfig) -> None:
        super().__init__(config)
        self.multi_modal_projector = PatchMergeProjector(config)
        self.post_init()

    def get_image_features(self, pixel_values: Tensor, **_: Any) -> BaseModelOutputWithPooling:
        """Image tokens of the language model, as `pooler_output`: one [T, H] tensor a picture."""
        patches, pooled = tower_features(self.vision_tower, self.config, pixel_values)
        tokens = self.multi_modal_projector(patches)
        return BaseModelOutputWithPooling(last_hidden_state=pooled, pooler_output=list(tokens))

    def merge_inputs(self, input_ids_BT: Tensor, image_embeds_INH: Tensor) -> Tensor:
        """Input embeddings [B, T, H] with the image tokens in their places."""
        embeds: Tensor = self.get_input_embeddings()(input_ids_BT)
        image_embeds = image_embeds_INH.to(embeds.dtype)
        mask = self.get_placeholder_mask(input_ids_BT, inputs_embeds=embeds, image_features=image_embeds)
        return embeds.masked_scatter(mask, image_embeds)


class SlavaForConditionalGeneration(LlavaForConditionalGeneration):  # type: ignore[misc]
    """sLAVA: writes about a micrograph, and tells whether a text matches it.

    The matching head reads the last token's state (the paper's image-grounded text encoder) and
    gives the logit of "this text belongs to this micrograph" (its binary cross-entropy loss).
    """

    config_class = SlavaConfig

    def __init__(self, config: SlavaConfig) -> None:
        super().__init__(config)
        self.model = SlavaModel(config)
        self.matching_head = nn.Linear(config.text_config.hidden_size, 1)
        self.post_init()

    def match(self, inputs_embeds_BTH: Tensor, attention_mask_BT: Tensor) -> Tensor:
        """Matching logits [B] of right-padded image-and-text inputs."""
        states = self.model.language_model(
            inputs_embeds=inputs_embeds_BTH, attention_mask=attention_mask_BT
        ).last_hidden_state
        last = attention_mask_BT.sum(dim=1) - 1
        logits: Tensor = self.matching_head(states[torch.arange(len(last)), last])
        return logits.squeeze(-1)


def register() -> None:
    """Make the Auto classes know sLAVA; idempotent."""
    configuration.register()
    AutoModelForImageTextToText.register(SlavaConfig, SlavaForConditionalGeneration, exist_ok=True)
