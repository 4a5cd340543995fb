import itertools
import json
from pathlib import Path

import numpy as np
import pytest
import torch

from slava.model import nano
from slava.pretraining import alignment
from slava.pretraining.augment import plain
from slava.pretraining.config import LORA_SCALE, PretrainConfig
from slava.pretraining.examples import Writer, batches
from slava.pretraining.training import Trainer, shipped, warm_cosine


@pytest.fixture(autouse=True)
def small_batches(monkeypatch: pytest.MonkeyPatch) -> None:
    """To draw a window of a picture costs more than all else here."""
    monkeypatch.setattr(alignment, "BATCH", 8)


def _trainer(tiny, gallery, steps: int) -> tuple[Trainer, itertools.cycle]:
    model, processor = tiny
    model.requires_grad_(False).model.multi_modal_projector.requires_grad_(True)
    config = PretrainConfig(output=Path("unused"), steps=steps, rank=4, lora_rate=5e-3, projector_rate=5e-3)
    writer = Writer(processor, model.config.image_tokens)
    batch = next(batches(gallery, writer, 4, 4, np.random.default_rng(0)))
    return Trainer(model, config), itertools.cycle([batch])


def _aligned(tiny, gallery, folder: Path, steps: int):
    """The tiny model after the first stage, and its tower's named parameters."""
    model, processor = tiny
    model.requires_grad_(False).model.multi_modal_projector.requires_grad_(True)
    config = PretrainConfig(
        output=folder, pictures=40, projector_steps=steps, tower_steps=steps, tower_blocks=1, rank=4
    )
    alignment.align(model, processor.tokenizer, gallery, config)
    return model, list(model.model.vision_tower.named_parameters())


def test_the_loss_of_one_batch_falls(gallery, tiny):
    trainer, batch = _trainer(tiny, gallery, steps=40)
    history = trainer.run(gallery, batch)
    assert history[-1]["language"] < 0.5 * history[0]["language"]


def test_only_nanos_own_parts_learn(gallery, tiny):
    model, _ = tiny
    frozen = {name: value.clone() for name, value in model.model.vision_tower.state_dict().items()}
    embedding = model.get_input_embeddings().weight.clone()
    trainer, batch = _trainer(tiny, gallery, steps=3)
    trainer.run(gallery, batch)
    assert all(
        torch.equal(value, frozen[name]) for name, value in model.model.vision_tower.state_dict().items()
    )
    assert torch.equal(model.get_input_embeddings().weight, embedding)


def test_what_is_shipped_is_what_was_trained(gallery, tiny, tiny_checkpoint, tmp_path):
    from transformers import AutoModelForImageTextToText

    model, _ = _aligned(tiny, gallery, tmp_path, steps=25)
    trainer, batch = _trainer(tiny, gallery, steps=5)
    trainer.run(gallery, batch)
    trainer.language_model.eval()
    embeds = torch.randn(1, 7, 64, generator=torch.Generator().manual_seed(0))
    pixels = plain(torch.from_numpy(gallery.pictures[:4]))
    assembled = AutoModelForImageTextToText.from_pretrained(tiny_checkpoint, dtype=torch.float32)
    before = assembled.model.vision_tower(pixels).last_hidden_state
    nano.load_trained(assembled, shipped(model), LORA_SCALE)
    with torch.no_grad():
        wanted = trainer.language_model(inputs_embeds=embeds).last_hidden_state
        found = assembled.model.language_model(inputs_embeds=embeds).last_hidden_state
        seen = model.model.vision_tower(pixels).last_hidden_state
        seen_when_assembled = assembled.model.vision_tower(pixels).last_hidden_state
    # The parts are shipped in bfloat16.
    assert torch.nn.functional.cosine_similarity(found, wanted, dim=-1).min() > 0.999
    assert torch.nn.functional.cosine_similarity(seen_when_assembled, seen, dim=-1).min() > 0.999
    assert not torch.allclose(before, seen, atol=1e-2)


def test_alignment_brings_tokens_to_their_words(gallery, tiny, tmp_path, capsys):
    _aligned(tiny, gallery, tmp_path, steps=40)
    reports = [json.loads(line) for line in capsys.readouterr().out.splitlines() if "alignment" in line]
    alone, together = reports[: len(reports) // 2], reports[len(reports) // 2 :]
    assert alone[0]["loss"] > alone[-1]["loss"] > together[-1]["loss"]


def test_after_alignment_the_tower_is_frozen(gallery, tiny, tmp_path):
    model, tower = _aligned(tiny, gallery, tmp_path, steps=2)
    assert any(".lora_" in name for name, _ in tower)
    assert not any(value.requires_grad for _, value in tower)
    assert all(value.requires_grad for value in model.model.multi_modal_projector.parameters())


def test_learning_rate_rises_then_falls():
    factors = [warm_cosine(step, 100) for step in range(100)]
    assert factors[0] < factors[4] == 1.0
    assert factors[4:] == sorted(factors[4:], reverse=True)
    assert 0.05 <= factors[-1] < 0.06
