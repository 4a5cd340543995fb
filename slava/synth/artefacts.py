"""What charging, contamination and an imperfect scan do to a picture."""

import io

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

from slava.synth.crystals import Grains
from slava.synth.fields import Array, blurred
from slava.synth.scene import Canvas, Scene
from slava.synth.solids import put


def strewn(c: Canvas, scene: Scene) -> None:
    """A few grains of dust on the sample, which count as no object; adds "dust" to the defects."""
    known, height, sizes = scene.ids.copy(), scene.height.copy(), len(scene.sizes)
    bank = Grains(c.rng, "lumps", 4)
    for y, x in c.points(int(c.rng.integers(1, 9))):
        radius = c.span(0.006, 0.04)
        lift = float(scene.height[min(int(y), c.height - 1), min(int(x), c.width - 1)])
        put(scene, bank.body(radius), x, y, radius * 1.6, lift, c.uniform(0.25, 0.8), 0)
    dust = scene.height != height
    scene.ids = np.where(dust, 0, known).astype(np.int32)
    del scene.sizes[sizes:]
    if np.count_nonzero(dust) > 12:
        scene.defects.add("dust")


def on_sample(c: Canvas, signal: Array) -> tuple[Array, set[str]]:
    """Charging and beam-written squares, now and then; the words for those drawn."""
    seen: set[str] = set()
    if c.chance(0.07):
        signal = _charged(c, signal)
        seen.add("charging")
    if c.chance(0.06):
        signal = _contaminated(c, signal)
        seen.add("contamination")
    return signal, seen


def _charged(c: Canvas, signal: Array) -> Array:
    """Bright halos about the brightest places, and streaks along the scan behind them."""
    hot = np.maximum(signal - np.percentile(signal[::4, ::4], 92), 0)
    glow = blurred(hot, c.span(0.03, 0.1))
    streak = np.repeat(hot.mean(axis=1, keepdims=True), signal.shape[1], axis=1)
    sign = 1.0 if c.chance(0.6) else -0.6
    scale = np.float32(signal.std() * c.uniform(1.0, 2.0) / (glow.std() + 1e-6))
    return np.asarray(
        np.maximum(signal + scale * glow + sign * c.uniform(0.3, 1.5) * (streak - streak.mean()), 0),
        np.float32,
    )


def _contaminated(c: Canvas, signal: Array) -> Array:
    """A rectangle darkened (or brightened) by an earlier scan at higher magnification."""
    yy, xx = c.grid
    h, w = c.height * c.uniform(0.25, 0.6), c.width * c.uniform(0.25, 0.6)
    y, x = c.uniform(0.1, 0.9) * c.height, c.uniform(0.1, 0.9) * c.width
    inside = (np.abs(yy - y) < h / 2) & (np.abs(xx - x) < w / 2)
    return signal * (
        1
        + blurred(inside.astype(np.float32), 1.0)
        * np.float32((-1 if c.chance(0.8) else 1) * c.uniform(0.2, 0.4))
    )


def scanned(c: Canvas, grey: Array) -> NDArray[np.uint8]:
    """Noise, vibration and line errors of the scan, then eight bits, perhaps by way of a JPEG."""
    if c.chance(0.1):
        grey = _shaken(c, grey)
    dose = c.between(0.008, 0.1) if c.chance(0.7) else c.between(0.002, 0.01)
    shot = c.rng.standard_normal(grey.shape, dtype=np.float32)
    if c.chance(0.3):
        shot = (shot + np.roll(shot, 1, axis=1)) * np.float32(0.71)
    grey = grey + shot * np.sqrt(np.clip(grey, 0.02, 1)) * np.float32(dose)
    if c.chance(0.15):
        line = c.rng.standard_normal((c.height, 1), dtype=np.float32)
        grey = grey + line * np.float32(c.uniform(0.002, 0.013))
    pixels = np.round(np.clip(grey, 0, 1) * 255).astype(np.uint8)
    if c.chance(0.05):
        pixels = _annotated(c, pixels)
    return _compressed(pixels, int(c.rng.integers(50, 95))) if c.chance(0.5) else pixels


def _shaken(c: Canvas, grey: Array) -> Array:
    """Each line shifted a little: mains hum, a knock, or drift."""
    rows = np.arange(c.height)
    sway = c.between(0.1, 0.9) * np.sin(rows * c.uniform(0.05, 1.2)) + c.rng.normal(
        0, c.uniform(0, 0.15), c.height
    )
    if c.chance(0.2):
        sway += np.where(rows > c.rng.integers(c.height), c.uniform(-4, 4), 0)
    whole = np.floor(sway)
    columns = np.arange(c.width)[None, :] + whole.astype(int)[:, None]
    near = np.take_along_axis(grey, np.clip(columns, 0, c.width - 1), axis=1)
    far = np.take_along_axis(grey, np.clip(columns + 1, 0, c.width - 1), axis=1)
    return np.asarray(near + (far - near) * (sway - whole)[:, None], np.float32)


def _annotated(c: Canvas, pixels: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """A measurement that the operator left in the picture: a line with a small box."""
    image = Image.fromarray(pixels)
    draw = ImageDraw.Draw(image)
    x, y, w = c.uniform(0, 0.7) * c.width, c.uniform(0.1, 0.9) * c.height, c.uniform(0.05, 0.25) * c.width
    ink, paper = (255, 0) if c.chance(0.6) else (0, 255)
    draw.line((x, y, x + w, y), fill=ink, width=1)
    for end in (x, x + w):
        draw.line((end, y - 4, end, y + 4), fill=ink, width=1)
    text, font = f"{c.uniform(1, 999):.1f} {c.pick('nm', 'um')}", ImageFont.load_default(11)
    if c.chance(0.6):
        draw.rectangle(draw.textbbox((x, y + 6), text, font=font), fill=paper)
    draw.text((x, y + 6), text, fill=ink, font=font)
    return np.asarray(image)


def _compressed(pixels: NDArray[np.uint8], quality: int) -> NDArray[np.uint8]:
    with io.BytesIO() as store:
        Image.fromarray(pixels).save(store, "JPEG", quality=quality)
        return np.asarray(Image.open(store))
