import numpy as np
import pytest
import torch
from torch.testing import assert_close

from slava.model.encoder import VisionEncoder

pytestmark = pytest.mark.usefixtures("float32")


def test_equals_the_vision_half_of_the_whole_model(tiny, processor, tiny_checkpoint, pictures):
    tokens, pooled = VisionEncoder(tiny_checkpoint)(pictures)
    pixels = processor.image_processor(images=pictures, return_tensors="pt").pixel_values
    with torch.inference_mode():
        features = tiny.get_image_features(pixels)
    assert tokens.dtype == pooled.dtype == torch.float32
    assert tokens.shape == (3, 16, 64)
    assert pooled.shape == (3, 48)
    assert_close(tokens, torch.stack(features.pooler_output), atol=1e-5, rtol=1e-5)
    assert_close(pooled, features.last_hidden_state, atol=1e-5, rtol=1e-5)


def test_a_picture_gives_the_same_alone_and_in_a_batch(tiny_checkpoint, pictures):
    encoder = VisionEncoder(tiny_checkpoint)
    together, _ = encoder(pictures)
    alone, _ = encoder(pictures[1:2])
    assert_close(alone[0], together[1], atol=1e-5, rtol=1e-5)


def test_holds_no_language_model(tiny_checkpoint):
    encoder = VisionEncoder(tiny_checkpoint)
    held = sum(p.numel() for module in (encoder.tower, encoder.projector) for p in module.parameters())
    assert set(vars(encoder)) == {"config", "device", "dtype", "image_processor", "tower", "projector"}
    assert held < 100_000


def test_black_white_and_flat_pictures_are_finite(tiny_checkpoint):
    flat = [np.full((30, 40, 3), value, np.uint8) for value in (0, 128, 255)]
    tokens, pooled = VisionEncoder(tiny_checkpoint)(flat)
    assert tokens.isfinite().all()
    assert pooled.isfinite().all()
