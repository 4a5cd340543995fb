import itertools
from pathlib import Path

import numpy as np
import torch

from slava.model import nano
from slava.pretraining.alignment import align
from slava.pretraining.config import PretrainConfig
from slava.pretraining.examples import Writer, batches
from slava.pretraining.training import LORA_SCALE, Trainer, warm_cosine


def _trainer(tiny, gallery, steps: int) -> tuple[Trainer, itertools.cycle]:
    model, processor = tiny
    model.requires_grad_(False).model.multi_modal_projector.requires_grad_(True)
    config = PretrainConfig(output=Path("unused"), steps=steps, rank=4, lora_rate=5e-3, projector_rate=5e-3)
    writer = Writer(processor, model.config.image_tokens)
    batch = next(batches(gallery, writer, 4, 4, np.random.default_rng(0)))
    return Trainer(model, config), itertools.cycle([batch])


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


def test_what_is_shipped_is_what_was_trained(gallery, tiny, tiny_checkpoint):
    from transformers import AutoModelForImageTextToText

    trainer, batch = _trainer(tiny, gallery, steps=5)
    trainer.run(gallery, batch)
    trainer.language_model.eval()
    embeds = torch.randn(1, 7, 64, generator=torch.Generator().manual_seed(0))
    with torch.no_grad():
        wanted = trainer.language_model(inputs_embeds=embeds).last_hidden_state
    assembled = AutoModelForImageTextToText.from_pretrained(tiny_checkpoint, dtype=torch.float32)
    nano.load_trained(assembled, trainer.trained(), LORA_SCALE)
    with torch.no_grad():
        found = assembled.model.language_model(inputs_embeds=embeds).last_hidden_state
    # The parts are shipped in bfloat16.
    assert torch.nn.functional.cosine_similarity(found, wanted, dim=-1).min() > 0.999


def test_alignment_brings_tokens_to_their_words(gallery, tiny, capsys):
    model, processor = tiny
    model.requires_grad_(False).model.multi_modal_projector.requires_grad_(True)
    larger = type(gallery)(
        np.concatenate([gallery.patches] * 2), gallery.facts * 2, np.concatenate([gallery.cropped] * 2)
    )
    align(model, processor.tokenizer, larger, 30, np.random.default_rng(0))
    losses = [float(line.split('"loss": ')[1].rstrip("}")) for line in capsys.readouterr().out.splitlines()]
    assert losses[-1] < losses[0]


def test_learning_rate_rises_then_falls():
    factors = [warm_cosine(step, 100) for step in range(100)]
    assert factors[0] < factors[4] == 1.0
    assert factors[4:] == sorted(factors[4:], reverse=True)
    assert 0.05 <= factors[-1] < 0.06
