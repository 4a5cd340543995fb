"""A checkpoint of random weights in the shape of the 7b variant: for speed and memory, not for answers.

    python -m slava.model.dummy TARGET

LLaVA-1.5's sizes (Liu et al. 2023): Llama-2-7B behind CLIP ViT-L/14 at 336 px, 576 tokens a micrograph, with
nano's tokenizer, whose 49,216 rows of embeddings are 2% more parameters than the true one's 32,064. 14 GB in
bfloat16; made on the GPU where there is one.
"""

import argparse
from pathlib import Path

import torch
from transformers import AutoProcessor, LlavaProcessor
from transformers.models.vit.image_processing_pil_vit import ViTImageProcessorPil

from slava.model import hardware
from slava.model.configuration import SlavaConfig, vision_side
from slava.model.modeling import SlavaForConditionalGeneration

Sizes = dict[str, int | str]
TEXT: Sizes = {
    "model_type": "llama",
    "hidden_size": 4096,
    "intermediate_size": 11008,
    "num_hidden_layers": 32,
    "num_attention_heads": 32,
    "max_position_embeddings": 4096,
}
VISION: Sizes = {
    "model_type": "clip_vision_model",
    "hidden_size": 1024,
    "intermediate_size": 4096,
    "num_hidden_layers": 24,
    "num_attention_heads": 16,
    "image_size": 336,
    "patch_size": 14,
    "projection_dim": 768,
}


def write(target: Path, source: Path, text: Sizes = TEXT, vision: Sizes = VISION) -> None:
    """Write random weights for a Llama and a CLIP tower of these sizes, with the words of `source`."""
    processor = AutoProcessor.from_pretrained(source)
    tokenizer, side = processor.tokenizer, int(vision["image_size"])
    rows = -(-len(tokenizer) // 64) * 64
    config = SlavaConfig(
        text_config=text | {"vocab_size": rows, "eos_token_id": tokenizer.eos_token_id},
        vision_config=dict(vision),
        image_token_index=tokenizer.convert_tokens_to_ids(processor.image_token),
        vision_feature_select_strategy="default",
        vision_feature_layer=-2,
        merge_size=1,
        eos_token_id=tokenizer.eos_token_id,
        pad_token_id=tokenizer.pad_token_id,
    )
    config.image_seq_length = vision_side(config.vision_config) ** 2
    torch.manual_seed(0)
    default = torch.get_default_dtype()
    torch.set_default_dtype(torch.bfloat16)
    try:
        with torch.device(hardware.device()):
            model = SlavaForConditionalGeneration(config)
    finally:
        torch.set_default_dtype(default)
    model.save_pretrained(target)
    LlavaProcessor(
        image_processor=ViTImageProcessorPil(size={"height": side, "width": side}),
        tokenizer=tokenizer,
        patch_size=int(vision["patch_size"]),
        vision_feature_select_strategy="full",
        chat_template=processor.chat_template,
        image_token=processor.image_token,
    ).save_pretrained(target)


if __name__ == "__main__":
    from slava.model.nano import nano_directory

    parser = argparse.ArgumentParser("python -m slava.model.dummy", description="7b in random weights.")
    parser.add_argument("target", type=Path, help="a directory for the checkpoint, 14 GB")
    write(parser.parse_args().target, nano_directory())
