"""Recipes for the ten classes, one file a class."""

from slava.synth.facts import LABELS
from slava.synth.scene import Recipe
from slava.synth.scenes import (
    biological,
    fibres,
    films,
    mems,
    nanowires,
    particles,
    patterned,
    porous,
    powder,
    tips,
)

RECIPES: dict[str, tuple[Recipe, ...]] = dict(
    zip(
        LABELS,
        (
            porous.RECIPES,
            patterned.RECIPES,
            particles.RECIPES,
            films.RECIPES,
            powder.RECIPES,
            tips.RECIPES,
            nanowires.RECIPES,
            biological.RECIPES,
            mems.RECIPES,
            fibres.RECIPES,
        ),
        strict=True,
    )
)
