import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from slava.synth.info_bars import STYLES, add_info_bar, drawn, scale_bar
from slava.synth.render import render

PICTURE = render("Powder", 3)


@pytest.mark.parametrize("name", STYLES)
@pytest.mark.parametrize("seed", range(4))
def test_the_picture_is_untouched_above_the_bar(name: str, seed: int) -> None:
    image, top = drawn(PICTURE.pixels, PICTURE.facts, STYLES[name], np.random.default_rng(seed))
    if name != "none":
        assert 0 < top < len(image)
        assert np.array_equal(image[:top], PICTURE.pixels[:top])
        assert not np.array_equal(image[top:], PICTURE.pixels[top:])
    else:
        assert top == len(image) == len(PICTURE.pixels)


@pytest.mark.parametrize("name", [name for name, style in STYLES.items() if style.paper is not None])
def test_the_bar_begins_where_it_says(name: str) -> None:
    image, top = drawn(PICTURE.pixels, PICTURE.facts, STYLES[name], np.random.default_rng(1))
    assert image[top, 0] == STYLES[name].paper


@settings(max_examples=50, deadline=None)
@given(width=st.integers(300, 2000), field=st.floats(0.1, 5000))
def test_the_scale_bar_has_the_length_it_claims(width: int, field: float) -> None:
    facts = type(PICTURE.facts).from_dict({**PICTURE.facts.to_dict(), "field_width_um": field})
    pixels, label = scale_bar(facts, width)
    number, unit = label.split()
    nanometres = float(number) * {"nm": 1, "um": 1e3, "mm": 1e6}[unit]
    assert pixels * field * 1000 / width == pytest.approx(nanometres, abs=field * 1000 / width)
    assert 0.05 * width < pixels < 0.25 * width


def test_the_same_seed_gives_the_same_bar() -> None:
    first, second = (add_info_bar(PICTURE.pixels, PICTURE.facts, 5) for _ in range(2))
    assert np.array_equal(first[0], second[0])
    assert first[1] == second[1]


def test_every_style_turns_up() -> None:
    heights = {add_info_bar(PICTURE.pixels, PICTURE.facts, seed)[1] for seed in range(60)}
    assert len(heights) > 8
