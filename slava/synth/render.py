"""One call draws one micrograph."""

from __future__ import annotations

import dataclasses

import numpy as np
from numpy.typing import NDArray

from slava.synth import artefacts, microscope, view
from slava.synth.facts import LABELS, Facts
from slava.synth.fields import IntArray
from slava.synth.microscope import Optics
from slava.synth.scene import VISIBLE_PIXELS, Canvas, Recipe, Scene
from slava.synth.scenes import RECIPES

DISPLAY_NM = 127e6
"""Width of the display to which magnifications refer (Polaroid 545)."""


LEAST_CONTRAST = 2.5
"""Standard deviation of grey values below which a picture is drawn again."""

LEAST_STEP = 6.0
"""Grey values by which few objects must differ from their surroundings, in mean or in spread."""


@dataclasses.dataclass(frozen=True)
class Rendering:
    """A drawn micrograph."""

    pixels: NDArray[np.uint8]
    """[H, W], without an info bar."""
    facts: Facts
    objects: IntArray
    """[H, W], the number of the object in sight at each pixel, zero where there is none."""


def render(label: str, seed: int, width: int = 384, height: int = 288) -> Rendering:
    """Draws a micrograph of a class of `LABELS`; the same arguments give the same picture.

    KeyError for an unknown label.
    """
    recipes = RECIPES[label]
    rng = np.random.default_rng((LABELS.index(label), seed))
    weights = np.array([recipe.weight for recipe in recipes])
    recipe = recipes[int(rng.choice(len(recipes), p=weights / weights.sum()))]
    canvas = Canvas(rng, height, width, height)
    while True:  # until something lies in the frame and shows
        scene, tilt = _built(recipe, rng, width, height)
        if scene.counted and not scene.ids.any():
            continue
        if scene.plain and canvas.chance(0.2):
            artefacts.strewn(canvas, scene)
        pixels, optics, seen = microscope.exposed(canvas, scene)
        if _shows(pixels, scene.ids):
            break
    scene.defects |= seen
    facts = _facts(label, recipe, scene, optics, tilt, rng)
    return Rendering(pixels, facts, scene.ids)


def _shows(pixels: NDArray[np.uint8], ids: IntArray) -> bool:
    """Whether the picture is more than a blank, and its objects, if told apart, are to be seen."""
    if pixels.std() < LEAST_CONTRAST:
        return False
    objects = ids > 0
    if not 0 < objects.mean() < 0.5:
        return True
    inside, outside = pixels[objects], pixels[~objects]
    step = abs(float(inside.mean()) - float(outside.mean()))
    return max(step, float(inside.std()) - float(outside.std())) >= LEAST_STEP


def _built(recipe: Recipe, rng: np.random.Generator, width: int, height: int) -> tuple[Scene, float]:
    if recipe.tilt is None or rng.random() > recipe.tilt_chance:
        return recipe.build(Canvas(rng, height, width, height)), 0.0
    tilt = round(float(rng.uniform(*recipe.tilt)))
    rows = view.source_rows(height, tilt, recipe.headroom)
    return view.tilted(recipe.build(Canvas(rng, rows, width, height)), height, tilt), float(tilt)


def _facts(
    label: str, recipe: Recipe, scene: Scene, optics: Optics, tilt: float, rng: np.random.Generator
) -> Facts:
    height, width = scene.ids.shape
    numbers = np.nonzero(np.bincount(scene.ids.ravel())[1:] >= VISIBLE_PIXELS)[0]
    told_apart = scene.ids.any()
    sizes = np.array(scene.sizes)
    if told_apart and len(sizes) > 1:
        sizes = sizes[numbers]
    mean = float(sizes.mean()) if len(sizes) else None
    pixel = _pixel_size(scene, mean, height, rng)
    angle = None if scene.orientation is None else round(float(np.degrees(scene.orientation)) % 180, 1) % 180
    return Facts(
        label=label,
        submode=recipe.build.__name__,
        objects=scene.objects,
        count=len(numbers) if scene.counted else None,
        size_kind=scene.size_kind,
        size_nm_mean=mean * pixel if mean else None,
        size_nm_std=float(sizes.std()) * pixel if mean else None,
        shape=scene.shape,
        orientation_deg=angle,
        coverage=round(float((scene.ids > 0).mean()), 4) if scene.covers and told_apart else None,
        defects=tuple(sorted(scene.defects)),
        tilt_deg=tilt,
        pixel_size_nm=pixel,
        field_width_um=pixel * width / 1000,
        kv=optics.kv,
        working_distance_mm=optics.working_distance_mm,
        magnification=DISPLAY_NM / (pixel * width),
        detector=optics.detector,
    )


def _pixel_size(scene: Scene, mean: float | None, height: int, rng: np.random.Generator) -> float:
    low, high = np.log(scene.nm)
    nanometres = float(np.exp(rng.uniform(low, high)))
    return float(f"{nanometres / (mean or height / 4):.4g}")
