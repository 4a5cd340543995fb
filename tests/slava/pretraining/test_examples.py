import itertools

import numpy as np
import torch

from slava.pretraining.examples import IGNORED, Writer, batches, collate


def _batches(gallery, tiny, count: int):
    model, processor = tiny
    writer = Writer(processor, model.config.image_tokens)
    return list(itertools.islice(batches(gallery, writer, 2, 4, np.random.default_rng(0)), count))


def test_every_picture_has_its_tokens(gallery, tiny):
    model, _ = tiny
    for example in itertools.chain(*_batches(gallery, tiny, 6)):
        images = example.tokens.count(model.config.image_token_index)
        assert images == model.config.image_tokens * len(example.pictures)


def test_only_answers_are_targets(gallery, tiny):
    _, processor = tiny
    chain = _batches(gallery, tiny, 1)[0][0]
    told = [token for token in chain.targets if token != IGNORED]
    words = processor.tokenizer.decode(told).split(processor.tokenizer.eos_token)
    assert [word for word in words if word] == [gallery.facts[index].label for index in chain.pictures]
    assert all(t in (IGNORED, token) for t, token in zip(chain.targets, chain.tokens, strict=True))


def test_matches_are_asked_of_a_prompt_not_of_its_answer(gallery, tiny):
    examples = list(itertools.chain(*_batches(gallery, tiny, 30)))
    matches = [(example, place) for example in examples for place, _ in example.matches]
    assert matches
    assert all(example.targets[place] == IGNORED for example, place in matches)
    assert all(example.targets[place + 1] != IGNORED for example, place in matches)


def test_questions_about_facts_see_the_whole_picture(gallery, tiny):
    described = _batches(gallery, tiny, 3)[2]
    assert all(len(example.pictures) == 1 for example in described)
    assert not any(gallery.cropped[example.pictures[0]] for example in described)


def test_collate_pads_on_the_right(gallery, tiny):
    batch = _batches(gallery, tiny, 3)[2]
    ids, targets = collate(batch, torch.device("cpu"))
    assert ids.shape == targets.shape == (len(batch), max(len(example.tokens) for example in batch))
    shortest = min(range(len(batch)), key=lambda row: len(batch[row].tokens))
    assert (targets[shortest, len(batch[shortest].tokens) :] == IGNORED).all()
