"""Counts and sizes against what was drawn, and against what an expert counted; and when to say nothing."""

import csv
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from slava.micrographs import decode
from slava.synth.render import render
from slava.teacher.measuring.grey import to_grey
from slava.teacher.measuring.objects import Objects, find_objects

REAL = Path(__file__).resolve().parents[5] / "shared" / "data" / "nffa"
PLACES = [(60 + 80 * row, 60 + 90 * column) for row in range(4) for column in range(5)]


def _objects(pixels: NDArray[np.uint8]) -> Objects | None:
    return find_objects(*to_grey(pixels))


@pytest.mark.parametrize("bright", [True, False])
def test_discs_are_counted_and_sized(discs: Callable[..., NDArray[np.uint8]], bright: bool) -> None:
    found = _objects(discs(PLACES, 20, bright))
    assert found is not None
    assert (found.count, found.bright, found.cut) == (20, bright, 0)
    assert found.least <= 20 <= found.most
    assert found.diameters.mean() == pytest.approx(40, rel=0.05)
    assert found.coverage == pytest.approx(20 * np.pi * 20**2 / (360 * 480), rel=0.1)
    assert found.elongation < 1.1
    assert abs(found.centres - np.array(PLACES)).max() < 1


def test_discs_that_the_frame_cuts_count_but_are_not_sized(discs: Callable[..., NDArray[np.uint8]]) -> None:
    found = _objects(discs([(0, 240), (180, 100), (180, 300), (100, 400)], 30))
    assert found is not None
    assert (found.count, found.cut, len(found.diameters)) == (4, 1, 3)


def test_noise_stripes_and_specks_are_no_objects() -> None:
    rng = np.random.default_rng(0)
    noise = rng.integers(0, 255, (240, 320), np.uint8)
    stripes = np.tile(np.where(np.arange(320) % 40 < 20, 60, 180).astype(np.uint8), (240, 1))
    specks = np.full((240, 320), 60, np.uint8)
    for row, column in rng.integers(5, 230, (80, 2)):
        specks[row : row + 6, column : column + 6] = 200
    for grey in (noise, stripes, specks):
        assert _objects(np.repeat(grey[:, :, None], 3, axis=2)) is None


def _drawn(label: str, seeds: range) -> list[tuple[int, Objects]]:
    renderings = [render(label, seed) for seed in seeds]
    found = [_objects(np.repeat(r.pixels[:, :, None], 3, axis=2)) for r in renderings]
    return [(r.facts.count or 0, o) for r, o in zip(renderings, found, strict=True) if o]


@pytest.mark.slow
def test_counts_of_drawn_particles_are_close() -> None:
    pairs = _drawn("Particles", range(820_000, 820_060))
    errors = np.array([abs(o.count - truth) / truth for truth, o in pairs])
    assert len(pairs) >= 8
    assert np.median(errors) <= 0.1
    assert (errors <= 0.3).mean() >= 0.8
    assert np.mean([o.least <= truth <= o.most for truth, o in pairs]) >= 0.7


@pytest.mark.slow
@pytest.mark.parametrize("label", ["Powder", "Porous sponge"])
def test_what_cannot_be_counted_is_not(label: str) -> None:
    assert len(_drawn(label, range(820_000, 820_012))) <= 2


@pytest.mark.slow
@pytest.mark.skipif(not REAL.is_dir(), reason="the real images of ../shared/data are not here")
def test_counts_of_real_particles_are_close_to_the_experts() -> None:
    with (REAL / "counts_Particles.csv").open() as table:
        expert = {row["image"]: int(row["count"]) for row in csv.DictReader(table)}
    files = [REAL / "cropped" / "Particles" / name for name in sorted(expert)]
    found = {f.name: _objects(decode(f.read_bytes(), f.name)[0].pixels) for f in files}
    errors = [abs(o.count - expert[name]) / expert[name] for name, o in found.items() if o]
    assert len(errors) >= 6
    assert np.mean(errors) <= 0.15
