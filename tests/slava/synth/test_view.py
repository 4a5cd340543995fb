import numpy as np
import pytest

from slava.synth.scene import Canvas, Scene
from slava.synth.view import source_rows, tilted


def _post(tall: float, rows: int) -> Scene:
    canvas = Canvas(np.random.default_rng(0), rows, 40, 100)
    scene = Scene.bare(canvas)
    scene.height[80:90, 10:20] = tall
    scene.ids[80:90, 10:20] = 1
    return scene


def test_without_tilt_nothing_moves() -> None:
    scene = _post(5, 100)
    assert np.array_equal(tilted(scene, 100, 0).ids, scene.ids)


@pytest.mark.parametrize("degrees", [20, 45, 60])
def test_a_wall_shows_its_true_extent(degrees: float) -> None:
    tall = 30.0
    scene = tilted(_post(tall, source_rows(100, degrees, 0.5)), 100, degrees)
    rows = np.nonzero(scene.height[:, 15] > 0.5)[0]
    sin, cos = np.sin(np.radians(degrees)), np.cos(np.radians(degrees))
    assert rows.min() == pytest.approx(80 * cos - tall * sin, abs=2)
    assert rows.max() == pytest.approx(90 * cos, abs=2)


def test_what_stands_in_front_hides_what_is_behind() -> None:
    scene = _post(40.0, source_rows(100, 60, 0.5))
    scene.ids[70:75, 12:18] = 2
    assert 2 not in tilted(scene, 100, 60).ids
