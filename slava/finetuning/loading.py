"""The frozen base of a training: in 4-bit NormalFloat, without its vision tower."""

from pathlib import Path
from typing import Any, Literal

from bitsandbytes.nn import Linear4bit
from transformers import AutoModelForImageTextToText, BitsAndBytesConfig

from slava.model import hardware, modeling


def load_base(checkpoint: Path, base: Literal["nf4", "full"]) -> Any:
    """The model, frozen; NF4 with double quantization (QLoRA, Dettmers et al. 2023, section 3), or as stored.

    The tower is not needed, since the visual features are computed once before the training.
    """
    modeling.register()
    dtype = hardware.dtype()
    options: dict[str, Any] = {"dtype": dtype}
    if base == "nf4":
        options["quantization_config"] = BitsAndBytesConfig(
            load_in_4bit=True,
            bnb_4bit_quant_type="nf4",
            bnb_4bit_use_double_quant=True,
            bnb_4bit_compute_dtype=dtype,
            llm_int8_skip_modules=[
                "model.vision_tower",
                "model.multi_modal_projector",
                "matching_head",
                "lm_head",
            ],
        )
    model = AutoModelForImageTextToText.from_pretrained(checkpoint, **options)
    del model.model.vision_tower
    for module in model.modules():
        if isinstance(module, Linear4bit):
            # With AVX512-BF16, bitsandbytes packs weights anew, in place, at the first pass without a
            # gradient: scales are rounded, what trains after it reads them as they were (bitsandbytes#2078),
            # widths that are no multiple of 64 fail. test_loading.py tells when this can go.
            module.support_avx512bf16_for_cpu = False
    model.requires_grad_(False).to(hardware.device())
    return model.eval()
