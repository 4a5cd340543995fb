"""Prompts that give the answer away."""

import pytest

from slava.evaluation.leaks import gives_away


@pytest.mark.parametrize(
    ("label", "prompt"),
    [
        ("Fibres", "lot 3, a mat of fibre"),
        ("Porous sponge", "POROUS_SPONGE, 5 kV"),
        ("rolled-in scale", "Is this rolled in scale?"),
        ("pitted_surface", "pitted surfaces (steel)"),
        ("7", "rated 7 by two"),
    ],
)
def test_the_label_in_other_dress(label: str, prompt: str) -> None:
    assert gives_away(label, prompt)


@pytest.mark.parametrize(
    ("label", "prompt"),
    [
        ("Tips", "multipsychic"),
        ("7", "17 kV, 7.5x"),
        ("Porous sponge", "a porous thing, no sponge"),
        ("Fibres", None),
        ("Powder", ""),
    ],
)
def test_other_words(label: str, prompt: str | None) -> None:
    assert not gives_away(label, prompt)
