"""Films and coated surface: flat views with grain, cracks, wrinkles; and cleaved cross-sections."""

import numpy as np

from slava.synth.fields import blurred, cells, step
from slava.synth.scene import Canvas, Recipe, Scene
from slava.synth.scenes.cross_sections import cross_section


def _film(c: Canvas) -> Scene:
    scene = Scene.bare(c, c.uniform(0.3, 0.6))
    scene.objects, scene.size_kind, scene.nm = "grains", "grain size", (15, 3000)
    scene.counted = scene.covers = False
    grade(c, scene)
    return scene


def grade(c: Canvas, scene: Scene) -> None:
    """The fine grain that any deposited film shows, from none to rough."""
    for _ in range(int(c.rng.integers(0, 3))):
        scene.height += c.between(0.1, 1.2) * c.fractal(c.between(2, 14), 0.7, 3)
    if c.chance(0.4):
        scene.albedo *= 1 + c.between(0.005, 0.05) * c.fractal(c.span(0.03, 0.5))


def scars(c: Canvas, scene: Scene) -> None:
    """Pinholes, scratches, blisters now and then."""
    if c.chance(0.25):
        for y, x in c.points(int(c.between(1, 12))):
            u, v = c.turned(0, float(x), float(y))
            scene.height -= c.uniform(1, 5) * np.exp(-((u * u + v * v) / c.between(1, 40)))
        scene.defects.add("pinhole")
    if c.chance(0.2):
        for _ in range(int(c.rng.integers(1, 5))):
            _, v = c.turned(c.uniform(0, 3.2), c.uniform(0, c.width), c.uniform(0, c.height))
            scene.height -= c.uniform(0.5, 3) * np.exp(
                -(((v + 2 * c.noise(c.unit * 0.3)) / c.uniform(0.8, 4)) ** 2)
            )
        scene.defects.add("scratch")


def granular(c: Canvas) -> Scene:
    """A film of small round grains."""
    scene = _film(c)
    size = c.between(5, 40)
    index, border = cells(c.points(int(1.3 * c.height * c.width / size**2)), c.height, c.width)
    dome = np.sqrt(np.minimum(border, size / 2) * size)
    scene.height += blurred(c.between(0.15, 0.6) * dome, size * 0.04)
    scene.albedo *= (
        1 + c.uniform(0, 0.08) * c.rng.normal(0, 1, int(index.max()) + 1).astype(np.float32)[index]
    )
    scene.sizes, scene.shape = [size], "rounded grains"
    scars(c, scene)
    return scene


def polycrystal(c: Canvas) -> Scene:
    """Close-packed crystallites, faceted, with channelling contrast and grooves between them."""
    scene = _film(c)
    size = c.between(7, 60)
    count = int(c.height * c.width / size**2 * 1.2)
    points = c.points(count)
    index, border = cells(points, c.height, c.width)
    tone, sx, sy = c.rng.normal(0, 1, (3, count)).astype(np.float32)
    scene.albedo *= 1 + c.uniform(0.0, 0.3) * tone[index]
    yy, xx = c.grid
    tip = c.uniform(0, 0.35)
    facet = 0.6 * tip * (sx[index] * (xx - points[index, 1]) + sy[index] * (yy - points[index, 0]))
    scene.height += np.clip(facet, -size / 3, size / 3) * np.minimum(border / size * 3, 1)
    scene.height += (
        size * c.uniform(0.0, 0.2) * np.minimum(border / size * 3, 1) + c.uniform(0, 2) * tone[index]
    )
    scene.sizes, scene.shape = [size], "polygonal grains"
    scars(c, scene)
    return scene


def cracked(c: Canvas) -> Scene:
    """A dried or strained film, cracked into plates or along parallel lines."""
    scene = _film(c)
    size = c.span(0.12, 0.7)
    warp, gain = size * c.uniform(0.01, 0.1), c.uniform(0.2, 0.55)
    aspect = c.between(1, 4)
    half = int(np.hypot(c.height, c.width) / 2 + size)
    shape = (2 * half, int(2 * half / aspect))
    _, border = cells(
        c.rng.uniform(0, shape, (max(3, int(shape[0] * shape[1] / size**2 * aspect)), 2)).astype(np.float32),
        *shape,
    )
    u, v = c.turned(c.uniform(0, 3.2))
    row = np.clip(v + warp * c.fractal(size * 0.4, gain, 4) + half, 0, shape[0] - 1).astype(np.int32)
    column = np.clip((u + warp * c.fractal(size * 0.4, gain, 4) + half) / aspect, 0, shape[1] - 1).astype(
        np.int32
    )
    border = border[row, column]
    width = min(c.between(0.8, 9), 0.07 * size / aspect) * np.clip(
        1 + c.uniform(0, 0.7) * c.noise(size * 0.5), 0.1, 3
    )
    gap = 1 - step(border - width, 1.5)
    scene.height -= gap * c.uniform(3, 14)
    scene.height -= c.uniform(0, 6) * np.exp(-border / (size * 0.15)) * (-1 if c.chance(0.4) else 1)
    scene.albedo *= 1 - c.uniform(0.5, 0.95) * gap
    scene.sizes, scene.shape, scene.size_kind, scene.nm = (
        [size],
        "cracked plates",
        "crack spacing",
        (300, 200000),
    )
    scene.defects.add("crack")
    return scene


def wrinkled(c: Canvas) -> Scene:
    """Wrinkles or buckles: a labyrinth, or aligned ridges."""
    scene = _film(c)
    period, aspect, angle = c.span(0.03, 0.3), c.between(1, 6), c.uniform(0, np.pi)
    field = c.bandpass(period, c.uniform(0.15, 0.35), angle, aspect)
    scene.height += (
        period
        * c.between(0.05, 0.3)
        * (np.abs(field) if c.chance(0.4) else np.tanh(field * c.uniform(0.5, 2)))
    )
    scene.sizes, scene.shape, scene.size_kind, scene.nm = [period], "wrinkles", "wrinkle period", (200, 50000)
    scene.orientation = angle if aspect > 2.5 else None
    scars(c, scene)
    return scene


def smooth(c: Canvas) -> Scene:
    """A nearly featureless film with scratches, pinholes and low wide blisters."""
    scene = _film(c)
    while not scene.defects:
        scars(c, scene)
    for y, x in c.points(int(c.between(1, 12))):
        u, v = c.turned(0, float(x), float(y))
        r = c.span(0.06, 0.25)
        scene.height += r * c.uniform(0.02, 0.12) * np.exp(-(((u * u + v * v) / r**2) ** c.uniform(0.7, 2)))
    scene.plain = False
    scene.sizes, scene.shape, scene.size_kind, scene.nm = (
        [c.unit * 0.1],
        "smooth",
        "blister diameter",
        (100, 50000),
    )
    return scene


def peeled(c: Canvas) -> Scene:
    """A film that has come off in places, with curled bright edges and another film below."""
    scene = _film(c)
    size = c.span(0.2, 0.8)
    edge = (c.fractal(size, 0.5, 5) - c.uniform(-0.8, 0.6)) * size * 0.35
    on = step(edge, 2)
    scene.height += on * c.uniform(3, 10) + c.uniform(0, 12) * on * np.exp(
        -np.maximum(edge, 0) / c.uniform(3, 14)
    )
    scene.albedo *= np.where(on > 0.5, 1, c.uniform(0.4, 1.5))
    scene.height += (1 - on) * c.uniform(0, 0.8) * c.fractal(c.between(3, 12), 0.7)
    scene.ids = (on > 0.5).astype(np.int32)
    scene.sizes, scene.objects, scene.shape, scene.nm = [size], "film", "patches", (500, 100000)
    scene.size_kind, scene.covers = "patch size", True
    scene.defects.add("delamination")
    return scene


def step_edge(c: Canvas) -> Scene:
    """The edge of a coated area: bare on one side, coated on the other."""
    scene = _film(c)
    _, v = c.turned(c.uniform(0, 6.3), c.uniform(0.3, 0.7) * c.width, c.uniform(0.3, 0.7) * c.height)
    v = v + c.between(0.3, 12) * c.fractal(c.span(0.02, 0.2), 0.7)
    on = step(v, 2)
    size = c.between(4, 20)
    scene.height += on * (c.uniform(2, 12) + size * c.uniform(0, 0.25) * c.bandpass(size, 0.5))
    scene.albedo *= 1 + on * c.uniform(-0.4, 0.8)
    scene.ids = (on > 0.5).astype(np.int32)
    scene.sizes, scene.objects, scene.shape, scene.covers = [size], "film", "a film with an edge", True
    return scene


def nodules(c: Canvas) -> Scene:
    """Cauliflower growth: domes on domes."""
    scene = _film(c)
    size = c.span(0.05, 0.35)
    for s in (size, size * 0.45, size * 0.2):
        if s > 3:
            _, border = cells(c.points(int(c.height * c.width / s**2 * 1.3)), c.height, c.width)
            scene.height += 0.9 * blurred(np.sqrt(border * s) * 0.6, s * 0.08)
    scene.sizes, scene.shape, scene.nm = [size], "nodules", (100, 20000)
    return scene


RECIPES: tuple[Recipe, ...] = (
    Recipe(granular, 1.6, (20, 60), 0.15, 0.02),
    Recipe(polycrystal, 1.6, (20, 60), 0.15, 0.02),
    Recipe(cracked, 2, (20, 60), 0.15, 0.05),
    Recipe(wrinkled, 1.3, (20, 60), 0.2, 0.05),
    Recipe(smooth, 0.7),
    Recipe(peeled, 1),
    Recipe(step_edge, 0.7, (20, 60), 0.4, 0.05),
    Recipe(cross_section, 3.5),
    Recipe(nodules, 0.7, (20, 60), 0.2, 0.1),
)
