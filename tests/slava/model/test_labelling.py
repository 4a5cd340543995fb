import pytest
import torch

from slava import tasks
from slava.model.encoder import VisionEncoder
from slava.model.labelling import label_probabilities, spellings

# Shared beginnings, one that begins another, and one token alone.
LABELS = ("Films", "Films and coated surface", "Powder", "Porous sponge", "Tips")


@pytest.fixture(scope="module")
def image_embeds(float32, tiny_checkpoint, pictures):
    return VisionEncoder(tiny_checkpoint)(pictures)[0]


def _by_hand(model, processor, picture, question):
    """Each label written out behind the picture itself, and looked at token by token."""
    tokenizer = processor.tokenizer
    prompt = processor.apply_chat_template(question.messages(), add_generation_prompt=True)
    asked = processor(images=picture, text=prompt, return_tensors="pt")
    start = asked.input_ids.shape[1]
    paths = {
        label: [*tokenizer(label, add_special_tokens=False).input_ids, tokenizer.eos_token_id]
        for label in question.labels
    }
    probabilities = {}
    for label, path in paths.items():
        ids = torch.cat([asked.input_ids, torch.tensor([path])], dim=1)
        logits = model(input_ids=ids, pixel_values=asked.pixel_values).logits[0, start - 1 : -1]
        probabilities[label] = 1.0
        for place, token in enumerate(path):
            allowed = sorted({other[place] for other in paths.values() if other[:place] == path[:place]})
            share = logits[place, allowed].softmax(-1)[allowed.index(token)]
            probabilities[label] *= float(share)
    return probabilities


def test_probabilities_are_those_of_the_labels_written_out(tiny, processor, pictures, image_embeds):
    question = tasks.classify(LABELS)
    found = label_probabilities(tiny, processor, image_embeds, question)
    assert len(found) == len(pictures)
    with torch.inference_mode():
        for picture, ranked in zip(pictures, found, strict=True):
            expected = _by_hand(tiny, processor, picture, question)
            assert dict(ranked) == pytest.approx(expected, rel=2e-3, abs=1e-6)
            assert [label for label, _ in ranked] == sorted(expected, key=lambda label: -expected[label])


@pytest.mark.parametrize("temperature", [0.5, 1.0, 3.0])
def test_probabilities_sum_to_one(tiny, processor, image_embeds, temperature):
    question = tasks.classify(tasks.NFFA_LABELS)
    for ranked in label_probabilities(tiny, processor, image_embeds, question, temperature):
        assert len(ranked) == 10
        assert sum(probability for _, probability in ranked) == pytest.approx(1)


def test_a_sure_model_is_right(tiny, processor, image_embeds):
    """A model that was told the answer: its head writes the first token of "Powder", whatever it sees."""
    question = tasks.classify(("Tips", "Powder"))
    token = spellings(processor.tokenizer, ("Powder",))["Powder"][0]
    hook = tiny.lm_head.register_forward_hook(
        lambda module, inputs, logits: logits.index_fill(-1, torch.tensor([token]), 50.0)
    )
    try:
        found = label_probabilities(tiny, processor, image_embeds, question)
    finally:
        hook.remove()
    assert all(ranked[0][0] == "Powder" and ranked[0][1] > 0.99 for ranked in found)


def test_spelled_as_the_tokenizer_writes_them(processor):
    tokenizer = processor.tokenizer
    for label, ids in spellings(tokenizer, (*tasks.NFFA_LABELS, "é", "a-b 1", "ナノ")).items():
        assert list(ids) == tokenizer(label, add_special_tokens=False).input_ids
        assert tokenizer.decode(ids) == label
