"""Random weights in the shape of a large variant."""

import torch
from transformers import AutoModelForImageTextToText

from slava.model import dummy, modeling
from slava.model.checkpoints import find_checkpoint
from slava.model.encoder import VisionEncoder

SMALL = {"hidden_size": 64, "intermediate_size": 96, "num_hidden_layers": 3, "num_attention_heads": 2}
TEXT, VISION = dummy.TEXT | SMALL, dummy.VISION | SMALL | {"hidden_size": 24, "image_size": 56}


def test_it_is_a_checkpoint_like_any_other(tiny_checkpoint, tmp_path, pictures):
    dummy.write(tmp_path / "7b", tiny_checkpoint, TEXT, VISION)
    checkpoint = find_checkpoint(str(tmp_path / "7b"))
    tokens, pooled = VisionEncoder(checkpoint)(pictures)
    assert (tokens.shape, pooled.shape) == ((3, 16, 64), (3, 48))
    modeling.register()
    model = AutoModelForImageTextToText.from_pretrained(checkpoint)
    assert model.dtype == torch.bfloat16
    assert model.config.image_seq_length == 16
