"""A domain after another, on the tiny model: what is frozen stays, and the new expert is found."""

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
    settings = FinetuneConfig(data=["unused"], output="", nested_ranks=False, matching_weight=0)
    first, then = (domains.curriculum(one, seen, 1 / 3) for one in lessons)
    return domains.Domains(first, then, settings, 8, tiny_checkpoint, folder)


def test_so_many_images_of_each_class(classes):  # noqa: F811
    lessons = domains.images(str(classes), 4)
    assert len(lessons.samples) == 12
    assert lessons.labels == ("bands", "dots", "noise")


def test_an_expert_added_leaves_the_others(two):
    before, after = domains.one_after_the_other(two, 3)
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


@pytest.mark.parametrize("name", domains.VARIANTS)
def test_figures_of_each_way(two, name):
    found = domains.VARIANTS[name](two)
    trainable = found.pop("trainable_parameters")
    kept = {"first_before"} if name != "plain QLoRA, both at once" else set()
    parts = ("", "_of_all", "_by_the_last")
    assert found.keys() == {f"{which}{part}" for which in ("first", "then") for part in parts} | kept
    assert all(0 <= value <= 1 for value in found.values())
    plain = domains.VARIANTS["plain QLoRA, one after the other"](two)["trainable_parameters"]
    # A gate's own few, of a model whose LoRAs are tiny.
    assert plain <= trainable < 1.02 * plain


def test_so_many_steps_on_each(two):
    assert all(len(two.train(which, **domains.PLAIN).steps) == 8 for which in (two.first, two.then))
