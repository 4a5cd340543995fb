import torch
from transformers import AutoProcessor

from slava.quantization.calibration import dialogues


def test_the_same_dialogues_each_time(checkpoint, few_samples):
    first, second = list(dialogues(checkpoint)), list(dialogues(checkpoint))
    assert len(first) == 20
    for (ids, tokens), (again, same) in zip(first, second, strict=True):
        assert ids == again
        assert torch.equal(tokens, same)


def test_what_is_asked_and_answered(checkpoint, few_samples):
    processor = AutoProcessor.from_pretrained(checkpoint)
    texts = []
    for ids, tokens in dialogues(checkpoint):
        assert ids.count(processor.image_token_id) == len(tokens) == 16
        texts.append(processor.tokenizer.decode(ids))
    assert sum("Which of these" in text for text in texts) == 10
    assert sum("Describe this" in text for text in texts) == 5
    assert all(text.rpartition("assistant\n")[2] for text in texts)
