import json

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import ndimage

from slava.synth import microscope
from slava.synth.facts import LABELS, Facts
from slava.synth.fields import Array
from slava.synth.render import render
from slava.synth.scene import VISIBLE_PIXELS, Canvas, Scene
from slava.synth.scenes.particles import spheres

seeds = st.integers(0, 2**31)


@pytest.mark.parametrize("label", LABELS)
def test_the_same_seed_gives_the_same_picture(label: str) -> None:
    first, second = render(label, 7), render(label, 7)
    assert first.pixels.tobytes() == second.pixels.tobytes()
    assert first.facts == second.facts


def test_another_seed_or_class_gives_another_picture() -> None:
    pictures = {render(label, seed).pixels.tobytes() for label in LABELS for seed in (1, 2)}
    assert len(pictures) == 20


@settings(max_examples=60, deadline=None)
@given(label=st.sampled_from(LABELS), seed=seeds)
def test_facts_are_valid(label: str, seed: int) -> None:
    rendering = render(label, seed, 192, 144)
    facts = rendering.facts
    assert rendering.pixels.shape == rendering.objects.shape == (144, 192)
    assert rendering.pixels.dtype == np.uint8
    assert rendering.pixels.std() > 1
    assert facts.label == label
    assert facts.count is None or facts.count >= 0
    assert facts.size_nm_mean is None or 0 < facts.size_nm_mean < 1e6
    assert facts.orientation_deg is None or 0 <= facts.orientation_deg < 180
    assert facts.coverage is None or 0 <= facts.coverage <= 1
    assert facts.field_width_um == pytest.approx(facts.pixel_size_nm * 192 / 1000)
    assert facts.magnification == pytest.approx(127e3 / facts.field_width_um)
    assert Facts.from_dict(json.loads(json.dumps(facts.to_dict()))) == facts


@settings(max_examples=30, deadline=None)
@given(label=st.sampled_from(LABELS), seed=seeds)
def test_count_and_coverage_are_those_of_the_objects_in_sight(label: str, seed: int) -> None:
    rendering = render(label, seed, 192, 144)
    values, areas = np.unique(rendering.objects[rendering.objects > 0], return_counts=True)
    if rendering.facts.count is not None:
        assert rendering.facts.count == int((areas >= VISIBLE_PIXELS).sum())
    if rendering.facts.coverage is not None:
        assert rendering.facts.coverage == pytest.approx((rendering.objects > 0).mean(), abs=1e-4)
    assert len(values) == len(areas)


def _apart() -> list[tuple[Scene, Array]]:
    """Scenes of spheres that do not touch, stand out and lie wholly in the frame, and their pictures."""
    found = []
    for seed in range(60):
        canvas = Canvas(np.random.default_rng(seed), 216, 288, 216)
        scene = spheres(canvas)
        if scene.defects:
            continue
        blobs, number = ndimage.label(scene.ids > 0)
        edge = np.r_[blobs[0], blobs[-1], blobs[:, 0], blobs[:, -1]]
        if number != len(set(scene.ids.ravel()) - {0}) or edge.any() or number == 0:
            continue
        signal = microscope.emission(scene, microscope.Optics("SE2", 5, 4, 0.8, 0.1, 0.0, 0.2, 0.5, 0.05))
        found.append((scene, signal))
    return found


def test_a_recount_from_the_picture_alone_agrees() -> None:
    scenes = _apart()
    assert len(scenes) >= 5
    for scene, signal in scenes:
        level = (np.median(signal[scene.ids > 0]) + np.median(signal[scene.ids == 0])) / 2
        bright = ndimage.binary_fill_holes(ndimage.gaussian_filter(signal, 0.7) > level)
        areas = np.bincount(ndimage.label(bright)[0].ravel())[1:]
        assert int((areas >= VISIBLE_PIXELS).sum()) == len(set(scene.ids.ravel()) - {0})


def test_a_size_is_what_a_ruler_measures() -> None:
    for scene, _ in _apart():
        for number, box in enumerate(ndimage.find_objects(scene.ids), 1):
            if box is not None:
                assert box[1].stop - box[1].start == pytest.approx(scene.sizes[number - 1], abs=1.5)


def test_unknown_label() -> None:
    with pytest.raises(KeyError):
        render("Steel", 0)
