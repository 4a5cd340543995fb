"""The imaging stage: from a scene to the grey values a scanning electron microscope would give.

Every setting is drawn here, alike for all classes, so that neither noise nor contrast tells the class.
"""

import dataclasses

import numpy as np
from numpy.typing import NDArray

from slava.synth import artefacts
from slava.synth.fields import Array, blurred
from slava.synth.scene import Canvas, Scene


@dataclasses.dataclass(frozen=True)
class Optics:
    """Settings of the column and the detector, drawn at random."""

    detector: str
    kv: float
    working_distance_mm: float
    topography: float
    """Gain of the 1/cos brightening on slopes."""
    side: float
    """Strength of the one-sided illumination by an off-axis detector."""
    side_angle: float
    edge: float
    """Gain of the bright rims at convex edges."""
    shadow: float
    """How dark cavities are."""
    reach: float
    """Size of the cavities that are darkened, share of the frame's height."""

    @classmethod
    def drawn(cls, c: Canvas) -> "Optics":
        """Random settings that fit together."""
        detector = str(c.rng.choice(["SE2", "InLens", "ETD", "BSE", "TLD", "SED", "LFD"],
                                    p=[0.26, 0.22, 0.2, 0.08, 0.1, 0.09, 0.05]))  # fmt: skip
        through_lens = detector in ("InLens", "TLD")
        back = detector == "BSE"
        return cls(
            detector=detector,
            kv=float(c.rng.choice([0.8, 1, 1.5, 2, 3, 5, 10, 15, 20, 30])),
            working_distance_mm=round(c.between(1.5, 5) if through_lens else c.between(3, 16), 1),
            topography=c.uniform(0.1, 0.4) if back else c.between(0.3, 1.6),
            side=c.uniform(0.0, 0.12) if through_lens else c.uniform(0.1, 0.9),
            side_angle=c.uniform(0, 2 * np.pi),
            edge=c.uniform(0, 0.3) if back else c.between(0.05, 0.9),
            shadow=c.between(0.25, 2.2),
            reach=c.between(0.02, 0.1),
        )


def exposed(c: Canvas, scene: Scene) -> tuple[NDArray[np.uint8], Optics, set[str]]:
    """Grey values [H, W] uint8, the settings, and the words for the defects of imaging."""
    optics = Optics.drawn(c)
    signal = emission(scene, optics)
    signal, seen = artefacts.on_sample(c, signal)
    signal = focused(c, signal, scene.height)
    grey = toned(c, signal)
    return artefacts.scanned(c, grey), optics, seen


def emission(scene: Scene, optics: Optics) -> Array:
    """Electrons a pixel: the material's yield, more on slopes and edges, fewer in cavities."""
    h = blurred(scene.height, 0.6)
    gy, gx = np.gradient(h)
    slope2 = gx * gx + gy * gy
    steep = np.sqrt(1 + slope2)
    gain = 1 + optics.topography * (steep - 1) / (1 + 0.35 * (steep - 1))
    ax, ay = np.float32(np.cos(optics.side_angle)), np.float32(np.sin(optics.side_angle))
    gain += np.float32(optics.side) * (gx * ax + gy * ay) / steep
    gain *= 1 + np.float32(optics.edge) * np.tanh(np.maximum(h - blurred(h, 2.2), 0) * 0.7)
    reach = optics.reach * scene.height.shape[0]
    deep = np.maximum(blurred(h, reach) - h, 0) / np.float32(reach)
    deep += np.maximum(blurred(h, 4 * reach) - h, 0) / np.float32(4 * reach)
    signal = (
        scene.albedo * np.maximum(gain, 0.05) * np.exp(-np.float32(optics.shadow) * np.minimum(deep, 2.5))
    )
    return np.asarray(signal + 0.06 * blurred(signal, 8), np.float32)


def focused(c: Canvas, signal: Array, height: Array) -> Array:
    """Blurred by the beam, by astigmatism, and by defocus away from the focal plane."""
    spot = c.between(0.35, 1.3)
    if c.chance(0.12):
        spot = c.uniform(1.1, 1.7)
    sharp = blurred(signal, spot)
    if c.chance(0.1):
        direction = np.roll(sharp, (int(c.rng.integers(-2, 3)), int(c.rng.integers(1, 3))), (0, 1))
        sharp = (sharp + direction) / 2
    if c.chance(0.25):
        soft = blurred(signal, spot + c.uniform(0.7, 2.2))
        depth = blurred(height, 2)
        low, high = np.percentile(depth[::8, ::8], (2, 98))
        level = (depth - low) / max(high - low, c.unit * 0.05)
        away = np.clip(np.abs(level - (0.9 if c.chance(0.8) else 0.1)) * c.uniform(0.4, 1.2), 0, 1)
        sharp = sharp + (soft - sharp) * away
    return sharp


def toned(c: Canvas, signal: Array) -> Array:
    """Brightness, contrast and gamma as an operator would set them, about 0 to 1."""
    low, high = np.percentile(signal[::3, ::3], (0.3, 99.7 if c.chance(0.7) else 97.5))
    high = max(high, low + c.between(0.06, 0.5))
    t = np.clip((signal - low) / (high - low), 0, 1.3)
    t = t ** np.float32(np.exp(c.rng.normal(0, 0.28)))
    style = c.rng.random()
    if style < 0.55:
        black, white = c.uniform(0, 0.12), c.uniform(0.8, 1.05)
    elif style < 0.8:
        black, white = c.uniform(0.03, 0.2), c.uniform(0.4, 0.8)
    else:
        black, white = c.uniform(0.2, 0.45), c.uniform(0.7, 1.0)
    t = black + (white - black) * t
    if c.chance(0.3):
        t = t * (1 + c.uniform(0.01, 0.06) * c.noise(c.unit * c.uniform(0.6, 1.5)))
    if c.chance(0.25):
        u, _ = c.turned(c.uniform(0, 6.3))
        t = t + u / c.unit * np.float32(c.uniform(0.03, 0.15))
    return np.asarray(t, np.float32)
