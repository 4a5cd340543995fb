"""The losses of a training, and that it goes on as if it had never stopped."""

from dataclasses import replace

import pytest
import torch

from slava.finetuning.config import FinetuneConfig
from slava.finetuning.curriculum import Curriculum
from slava.finetuning.features import FeatureStore
from slava.finetuning.feeder import Worker
from slava.finetuning.measuring import measure
from slava.finetuning.preparing import open_feeder, open_mixture, write_plan
from slava.finetuning.samples import read_lessons
from slava.finetuning.states import StateError, check_state, load_state, save_state
from slava.finetuning.training import Trainer, TrainingError, step_rank

pytestmark = pytest.mark.usefixtures("float32")


def _config(classes, **changes):
    settings = {"data": str(classes), "output": "unused", "experts": 2, "rank": 4, "batch": 6, "epochs": 4.0}
    return FinetuneConfig(**{**settings, **changes})


@pytest.fixture
def start(classes, looked_at, tiny_checkpoint):
    """A trainer at its first step, with its feeder."""

    def begin(**changes):
        config = _config(classes, **changes)
        seen = FeatureStore(looked_at / "features").seen()
        curriculum = Curriculum.of(read_lessons(*config.data), seen, config.held_out, config.seed)
        write_plan(config, tiny_checkpoint, looked_at, curriculum)
        feeder = open_feeder(config, tiny_checkpoint, looked_at)
        mixture = open_mixture(config, tiny_checkpoint, looked_at)
        return feeder, mixture, Trainer(config, mixture, mixture, feeder.steps())

    return begin


def _run(feeder, trainer, steps):
    found = [trainer.step(step, feeder.batch(step, Worker()), Worker()) for step in steps]
    return [{name: value for name, value in row.items() if name != "seconds"} for row in found]


@pytest.mark.parametrize("base", ["full", "nf4"])
def test_it_learns(start, base):
    feeder, _, trainer = start(base=base, nested_ranks=False, expert_rate=5e-3)
    losses = _run(feeder, trainer, range(feeder.steps()))
    assert losses[-1]["language"] < 0.5 * losses[0]["language"]


def test_the_accuracy_is_that_of_what_has_a_label(start):
    feeder, mixture, _ = start(base="full")
    of_labels, _ = measure(mixture, feeder)
    told = tuple(
        replace(item, question="Is it noise?", answer="No.", label=None)
        for item in feeder.curriculum.held_out[:2]
    )
    feeder.curriculum = replace(feeder.curriculum, held_out=told + feeder.curriculum.held_out)
    of_both, _ = measure(mixture, feeder)
    assert of_both["held_out"] == of_labels["held_out"] + 2
    assert of_both["accuracy"] == of_labels["accuracy"]
    assert of_both["language_loss"] != of_labels["language_loss"]


def test_only_the_trainable_change(start):
    feeder, mixture, trainer = start(base="full")
    before = {name: value.clone() for name, value in mixture.named_parameters()}
    _run(feeder, trainer, range(2))
    changed = {name for name, value in mixture.named_parameters() if not torch.equal(value, before[name])}
    assert all(".lora_" in name or name.startswith(("gate.", "model.matching_head.")) for name in changed)
    assert any(".lora_B." in name for name in changed)
    assert any(name.startswith("gate.") for name in changed)
    assert any(name.startswith("model.matching_head.") for name in changed)


def test_recomputing_changes_nothing_but_the_passes(start):
    told, passes = {}, {}
    for recompute in (False, True):
        feeder, mixture, trainer = start(recompute=recompute)
        passes[recompute] = done = []
        layer = mixture.model.model.language_model.layers[0]
        layer.self_attn.register_forward_pre_hook(lambda *_, done=done: done.append(1))
        told[recompute] = _run(feeder, trainer, range(3))
    assert told[True] == told[False]
    assert len(passes[True]) == 2 * len(passes[False]) == 6


def test_going_on_gives_the_same_losses(start, tmp_path):
    feeder, mixture, trainer = start(base="full")
    whole = _run(feeder, trainer, range(6))

    feeder, mixture, trainer = start(base="full")
    first = _run(feeder, trainer, range(3))
    save_state(tmp_path, mixture, trainer.optimizer, first)

    feeder, mixture, trainer = start(base="full")
    history = load_state(tmp_path, mixture, trainer.optimizer)
    trainer.go_on_from(len(history))
    assert history + _run(feeder, trainer, range(3, 6)) == whole


@pytest.mark.parametrize("name", ["trainable.safetensors", "optimizer.safetensors", "state.json"])
def test_a_checkpoint_cut_short(start, tmp_path, name):
    feeder, mixture, trainer = start(base="full")
    history = _run(feeder, trainer, range(1))
    save_state(tmp_path, mixture, trainer.optimizer, history)
    (tmp_path / name).write_bytes((tmp_path / name).read_bytes()[:-3])
    for read in (check_state, lambda cut: load_state(cut, mixture, trainer.optimizer)):
        with pytest.raises(StateError, match=rf"{name}: the checkpoint is damaged"):
            read(tmp_path)


def test_a_loss_that_is_not_finite(start):
    feeder, mixture, trainer = start(base="full")
    next(iter(mixture.layers.values())).lora_A["expert-1"].data.fill_(torch.nan)
    with pytest.raises(TrainingError, match="lower --expert-rate"):
        _run(feeder, trainer, range(1))


def _alike(mixture):
    """Whether all experts have the same weights, by layer."""
    for layer in mixture.layers.values():
        for part in (layer.lora_A, layer.lora_B):
            first, *others = part.values()
            yield all(torch.equal(first, other) for other in others)


def test_experts_learn_as_one_and_then_apart(start):
    feeder, mixture, trainer = start(base="full", shared=0.5)
    before = [layer.lora_B["expert-1"].clone() for layer in mixture.layers.values()]
    half = trainer.steps // 2
    _run(feeder, trainer, range(half))
    assert all(_alike(mixture))
    after = [layer.lora_B["expert-1"] for layer in mixture.layers.values()]
    assert not any(torch.equal(old, new) for old, new in zip(before, after, strict=True))
    _run(feeder, trainer, range(half, half + 2))
    assert not any(_alike(mixture))


def test_without_a_shared_beginning_experts_differ_from_the_first_step(start):
    _, mixture, _ = start(base="full", shared=0)
    assert not any(torch.equal(*layer.lora_A.values()) for layer in mixture.layers.values())


def test_shares_of_workers_make_up_the_batch(start):
    feeder, _, _ = start(base="full")
    whole = feeder.batch(5, Worker())
    halves = [feeder.batch(5, Worker(rank, 2)) for rank in range(2)]
    features = torch.stack([half.features_BF for half in halves], dim=1).flatten(0, 1)
    assert torch.equal(features, whole.features_BF)


def test_every_sample_once_an_epoch(start):
    feeder, _, _ = start(base="full")
    count, batch = len(feeder.curriculum.train), feeder.config.batch
    order = [i for step in range(2 * count // batch + 1) for i in feeder.curriculum.order(step, batch, 0)]
    assert sorted(order[:count]) == list(range(count)) == sorted(order[count : 2 * count])
    assert order[:count] != order[count : 2 * count]


def test_ranks_of_steps(classes):
    nested = _config(classes, rank=8)
    ranks = [step_rank(nested, step) for step in range(400)]
    assert set(ranks) == {8, 4, 2, 1}
    assert 150 < ranks.count(8) < 250
    assert {step_rank(_config(classes, rank=8, nested_ranks=False), step) for step in range(50)} == {8}
