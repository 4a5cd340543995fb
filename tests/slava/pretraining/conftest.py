from pathlib import Path

import pytest


@pytest.fixture
def tiny(tiny_checkpoint: Path, float32: None):
    """The tiny model and its processor, fresh for each test."""
    import torch
    from transformers import AutoModelForImageTextToText, AutoProcessor

    from slava.model import modeling

    modeling.register()
    model = AutoModelForImageTextToText.from_pretrained(tiny_checkpoint, dtype=torch.float32)
    return model, AutoProcessor.from_pretrained(tiny_checkpoint)


@pytest.fixture
def gallery(tmp_path: Path):
    """Forty drawn pictures."""
    from slava.pretraining.drawing import build_gallery

    return build_gallery(tmp_path, 40, 0, 1)
