"""A domain after another, on the tiny model: what is frozen stays, and the new expert is found."""

from dataclasses import replace

import pytest

from slava.ablations import domains
from slava.ablations.training import keep_features
from slava.finetuning.config import FinetuneConfig
from slava.finetuning.features import FeatureStore
from tests.slava.finetuning.conftest import classes, picture  # noqa: F401 - a fixture

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def two(classes, tiny_checkpoint, tmp_path_factory):  # noqa: F811
    """The three classes, and two darker ones after them."""
    folder = tmp_path_factory.mktemp("domains")
    for place, label in enumerate(("bands", "noise")):
        (folder / "then" / f"dark {label}").mkdir(parents=True)
        for number in range(10):
            dark = picture(label, 900 + 100 * place + number).point(lambda value: value // 4)
            dark.save(folder / "then" / f"dark {label}" / f"{number}.png")
    lessons = [domains.images(str(path), 10) for path in (classes, folder / "then")]
    keep_features([uri for one in lessons for uri in one.images], tiny_checkpoint, folder)
    seen = FeatureStore(folder / "features").seen()
    settings = FinetuneConfig(data="", output="", nested_ranks=False, matching_weight=0)
    first, then = (domains.curriculum(one, seen, 1 / 3) for one in lessons)
    return domains.Domains(first, then, settings, 8, tiny_checkpoint, folder)


def test_so_many_images_of_each_class(classes):  # noqa: F811
    lessons = domains.images(str(classes), 4)
    assert len(lessons.samples) == 12
    assert lessons.labels == ("bands", "dots", "noise")


def test_an_expert_added_leaves_the_others(two):
    experts = {"experts": domains.EXPERTS - 1, "top_k": 2, "rank": domains.RANK}
    before = two.train(two.first, **experts)
    new = {"add_expert": domains.ADDED, "extend": "."}
    added = replace(two, settings=two.settings.model_copy(update=new))
    after = added.train(two.then, experts=1, top_k=1, rank=domains.RANK)
    mixture = domains.together(before, after, two)
    for name, layer in mixture.layers.items():
        assert list(layer.lora_A) == ["expert-1", "expert-2", "expert-3", domains.ADDED]
        assert layer.lora_B["expert-1"].equal(before.mixture.layers[name].lora_B["expert-1"])
        assert layer.lora_B[domains.ADDED].equal(after.mixture.layers[name].lora_B[domains.ADDED])
    # By the picture, when all classes are asked for: nothing in the words tells the domains apart.
    labels = two.first.labels + two.then.labels
    for domain, expected in ((two.first, 0.0), (two.then, 1.0)):
        items = domains.asked(domain, labels).train
        weights_NE = mixture.gate.service_weights(mixture.gate(before.feeder.features(items)))
        assert float(weights_NE[:, -1].mean()) == pytest.approx(expected, abs=0.2)


def test_figures_of_each_way(two):
    found = domains.one_lora_for_both(two)
    assert found.keys() == {"first", "then", "first_of_all", "then_of_all"}
    assert all(0 <= value <= 1 for value in found.values())
