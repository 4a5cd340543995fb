"""The shortcuts of a training against plain computations."""

import pytest
import torch

from slava.finetuning.batches import lay_out
from slava.finetuning.mixture import MixtureModel
from slava.mope.gate import Gate

pytestmark = pytest.mark.usefixtures("float32")


@pytest.fixture
def mixture(tiny_checkpoint):
    from transformers import AutoModelForImageTextToText

    from slava.model import modeling

    modeling.register()
    model = AutoModelForImageTextToText.from_pretrained(tiny_checkpoint, dtype=torch.float32).eval()
    torch.manual_seed(0)
    mixture = MixtureModel(model, Gate(5, 2, 2), ["a", "b"], rank=2, scale=1.0)
    for layer in mixture.layers.values():
        for b in layer.lora_B.values():
            torch.nn.init.normal_(b, std=0.2)
    return mixture


def _batch(mixture, answers, others):
    image = mixture.model.config.image_token_index
    prompts = [[5, 6, image, 7], [8, image, 9]]
    width = mixture.model.config.text_config.hidden_size
    images = torch.randn(2, 1, width, generator=torch.Generator().manual_seed(0))
    return lay_out(prompts, answers, others, images, torch.zeros(2, 5))


def test_matching_is_what_each_answer_gives_alone(mixture):
    true, other = [[11, 2], [12, 13, 2]], [[14, 15, 2], [16, 2]]
    together = mixture(_batch(mixture, true, other))

    logits = []
    for answers in (true, other):
        batch = _batch(mixture, answers, None)
        mixture.routing.weights_BE = mixture.gate.weights(mixture.gate(batch.features_BF))
        ends = torch.tensor([4 + len(answers[0]) - 1, 3 + len(answers[1]) - 1])
        embeds = mixture.model.model.merge_inputs(batch.ids_BT, batch.image_tokens_BNH)
        lengths = torch.arange(batch.ids_BT.shape[1])[None] <= ends[:, None]
        logits.append(mixture.model.match(embeds, lengths.long()))
    targets = torch.tensor([[1.0, 0.0]] * 2)
    plain = torch.nn.functional.binary_cross_entropy_with_logits(torch.stack(logits, dim=1), targets)
    assert torch.allclose(together.matching, plain, atol=1e-5)


def test_the_other_answer_changes_no_language_loss(mixture):
    true = [[11, 2], [12, 13, 2]]
    alone = mixture(_batch(mixture, true, None)).language
    beside = mixture(_batch(mixture, true, [[14, 15, 2], [16, 2]])).language
    assert torch.allclose(alone, beside, atol=1e-5)
