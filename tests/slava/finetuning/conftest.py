"""A folder of three classes that differ, and its features as a tiny model sees them."""

import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

CLASSES = ("bands", "dots", "noise")


def picture(label: str, seed: int) -> Image.Image:
    """64 x 64, of one of the three classes."""
    rng = np.random.default_rng(seed)
    y, x = np.mgrid[:64, :64]
    pixels = {
        "bands": 127 + 100 * np.sin(x / 3 + rng.random() * 6),
        "dots": 40 + 180 * (np.hypot(x % 16 - 8, y % 16 - 8) < 4 + rng.random()),
        "noise": rng.random((64, 64)) * 255,
    }[label]
    return Image.fromarray((pixels + rng.random((64, 64)) * 20).clip(0, 255).astype(np.uint8))


@pytest.fixture(scope="session")
def classes(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Twelve images of each class."""
    root = tmp_path_factory.mktemp("classes")
    for place, label in enumerate(CLASSES):
        (root / label).mkdir()
        for number in range(12):
            picture(label, 100 * place + number).save(root / label / f"{number:02d}.png")
    return root


@pytest.fixture(scope="session")
def looked_at(classes: Path, tiny_checkpoint: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A training's folder with the features of the three classes."""
    from slava import tasks
    from slava.archives import list_shards
    from slava.finetuning.features import FeatureWriter
    from slava.model import configuration
    from slava.screening.done import Done
    from slava.screening.encoding import Encoder
    from slava.screening.prompting import PromptText
    from slava.screening.reading import Reader

    configuration.register()
    from transformers import AutoProcessor

    folder = tmp_path_factory.mktemp("training")
    prompt = PromptText.of(tasks.caption(), AutoProcessor.from_pretrained(tiny_checkpoint))
    reader, encoder = Reader(224, prompt, None, True, Done()), Encoder(str(tiny_checkpoint))
    width = encoder.vision.config.text_config.hidden_size
    with FeatureWriter(folder / "features", (16, width)) as writer:
        for shard in list_shards([str(classes)]):
            for block in reader({"shard": [shard.to_json()]}):
                rows = encoder(block)
                for record, tokens, pooled in zip(
                    rows["record"], rows["payload"], rows["pooled"], strict=True
                ):
                    writer.add(json.loads(record), tokens, pooled)
    return folder
