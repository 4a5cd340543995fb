import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from slava.mope.fitting import begin_gate, widen_gate
from slava.mope.gate import Gate, balance_loss, in_steps


@given(
    st.lists(st.lists(st.floats(0, 1), min_size=4, max_size=4).filter(any), min_size=1, max_size=5),
    st.sampled_from([2, 4, 8]),
)
def test_steps_sum_to_one_and_stay_near(rows, steps):
    weights = torch.tensor(rows, dtype=torch.float64)
    weights = weights / weights.sum(-1, keepdim=True)
    stepped = in_steps(weights, steps)
    assert torch.equal(stepped * steps, (stepped * steps).round())
    assert torch.allclose(stepped.sum(-1), torch.ones(len(rows), dtype=torch.float64))
    assert (stepped - weights).abs().max() < 1 / steps + 1e-9


def test_weights_are_the_top_k_renormalized():
    gate = Gate(2, 4, top_k=2)
    weights = gate.weights(torch.tensor([[0.1, 0.5, 0.3, 0.1]]))
    assert torch.allclose(weights, torch.tensor([[0.0, 0.625, 0.375, 0.0]]))
    assert gate.service_weights(torch.tensor([[0.1, 0.6, 0.2, 0.1]])).tolist() == [[0.0, 0.75, 0.25, 0.0]]


def test_balance():
    even = torch.eye(4).repeat(3, 1)
    assert balance_loss(even).item() == pytest.approx(1.0)
    assert balance_loss(torch.eye(4)[[0, 0, 0]]).item() == pytest.approx(4.0)


def _blobs(centres, count=40, seed=0):
    generator = torch.Generator().manual_seed(seed)
    noise = torch.randn(len(centres) * count, centres.shape[1], generator=generator)
    return centres.repeat_interleave(count, dim=0) + 0.3 * noise


def test_begins_as_clusters():
    features = torch.cat([_blobs(torch.eye(3) * 5), torch.full((120, 2), 0.25)], dim=1)
    gate = begin_gate(features, experts=3, top_k=1, seed=0)
    chosen = gate(features).argmax(-1).reshape(3, -1)
    assert all(len(set(row.tolist())) == 1 for row in chosen)
    assert len({row[0].item() for row in chosen}) == 3
    # Features that never varied have no say.
    moved = features.clone()
    moved[:, 3:] += 100
    assert torch.equal(gate(moved), gate(features))


def test_widening_keeps_what_was_known():
    known = _blobs(torch.eye(4)[:3] * 5)
    new = _blobs(torch.eye(4)[3:] * 5, seed=1)
    gate = begin_gate(known, experts=3, top_k=2, seed=0)
    wider = widen_gate(gate, known, new)
    assert torch.equal(wider(known).argmax(-1), gate(known).argmax(-1))
    assert torch.equal(wider.service_weights(wider(known))[:, :3], gate.service_weights(gate(known)))
    fresh = _blobs(torch.eye(4)[3:] * 5, seed=2)
    assert (wider(fresh).argmax(-1) == 3).all()


def _asked(pictures, words):
    """Beside the pictures: words, which differ as little as the mean embeddings of questions do."""
    return torch.cat([pictures, words.expand(len(pictures), -1)], dim=1)


def _domains(seed, classes=6, width=128):
    """Pictures known and new, a few classes each, that differ along some of many directions."""
    centres = torch.randn(2 * classes, width, generator=torch.Generator().manual_seed(0))
    noise = torch.randn(2, 20 * classes, width, generator=torch.Generator().manual_seed(seed))
    known, new = (part.repeat_interleave(20, dim=0) for part in centres.chunk(2))
    return known + noise[0], new + noise[1]


def test_a_widened_gate_goes_by_the_picture_whatever_is_asked():
    known, new = _domains(seed=1)
    own, others, all_classes, never_heard = 0.02 * torch.randn(
        4, 576, generator=torch.Generator().manual_seed(2)
    )
    gate = begin_gate(_asked(known, own), experts=3, top_k=2, seed=0)
    wider = widen_gate(
        gate,
        torch.cat([_asked(known, own), _asked(known, all_classes)]),
        torch.cat([_asked(new, others), _asked(new, all_classes)]),
    )
    unseen, unseen_new = _domains(seed=3)
    for words in (own, all_classes, others, never_heard):
        before = gate.service_weights(gate(_asked(unseen, words)))
        after = wider.service_weights(wider(_asked(unseen, words)))
        assert torch.equal(after[:, :3], before)
        assert (wider(_asked(unseen_new, words)).argmax(-1) == 3).all()


def test_words_alone_can_tell_what_is_new():
    pictures, _ = _domains(seed=1)
    own, others = 0.02 * torch.randn(2, 576, generator=torch.Generator().manual_seed(2))
    gate = begin_gate(_asked(pictures, own), experts=3, top_k=2, seed=0)
    wider = widen_gate(gate, _asked(pictures, own), _asked(pictures, others))
    unseen, _ = _domains(seed=3)
    assert (wider(_asked(unseen, others)).argmax(-1) == 3).all()
    assert (wider(_asked(unseen, own))[:, 3] < wider(_asked(unseen, own))[:, :3].amax(-1)).all()
