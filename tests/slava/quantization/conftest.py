import shutil
from pathlib import Path

import pytest

from slava.quantization import calibration


@pytest.fixture(scope="session")
def checkpoint(tiny_checkpoint: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The tiny checkpoint with widths that divide into groups, in bfloat16 as real ones are."""
    import torch
    from transformers import AutoConfig

    from slava.model.modeling import SlavaForConditionalGeneration, register

    register()
    directory = tmp_path_factory.mktemp("models") / "tiny-128"
    shutil.copytree(tiny_checkpoint, directory)
    config = AutoConfig.from_pretrained(tiny_checkpoint)
    config.text_config.intermediate_size = 128
    torch.manual_seed(0)
    SlavaForConditionalGeneration(config).to(torch.bfloat16).save_pretrained(directory)
    return directory


@pytest.fixture
def few_samples(monkeypatch):
    monkeypatch.setattr(calibration, "SAMPLES", 20)
