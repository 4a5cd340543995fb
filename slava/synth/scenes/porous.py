"""Porous sponge: solid struts around open pores."""

import numpy as np

from slava.synth.fields import Array, cells, step
from slava.synth.scene import Canvas, Recipe, Scene
from slava.synth.scenes.cavities import carve, skin, solid
from slava.synth.solids import sizes


def bubbles(c: Canvas) -> Scene:
    """A foam of overlapping hollow balls, with windows from one into the next."""
    r0 = c.span(0.04, 0.3)
    scene = solid(c, 0.0)
    scene.height += r0 * c.uniform(0, 0.5) * c.noise(r0 * 2)
    count = int(min(480, c.uniform(3.0, 7.0) * c.height * c.width / (3.1 * r0 * r0)))
    depth = r0 * c.uniform(0.8, 2)
    drawn = sizes(c, count, r0, c.uniform(0.05, 0.4))
    for k, ((y, x), r, z) in enumerate(zip(c.points(count, r0), drawn, c.rng.random(count), strict=True)):
        carve(scene, x, y, -z * depth + 0.35 * r, float(r), 1.0, k + 1)
    windows = c.points(int(count * 1.3))
    for y, x in windows:
        w = r0 * c.uniform(0.12, 0.4)
        level = float(scene.height[min(int(y), c.height - 1), min(int(x), c.width - 1)])
        if level < -0.3 * r0:
            carve(scene, x, y, level - w * 0.5, w, 5)
    scene.ids[:] = 0
    scene.sizes = [2 * float(np.mean(drawn))]
    scene.shape = "rounded pores with windows"
    skin(c, scene, r0)
    return scene


def open_foam(c: Canvas) -> Scene:
    """A net of struts, one layer behind another."""
    pore = c.span(0.08, 0.45)
    scene = solid(c, -4 * pore)
    scene.albedo *= 0.3
    glow, thick = c.uniform(0.5, 0.9), c.uniform(0.07, 0.2)
    layers = int(c.rng.integers(2, 4))
    for k in range(layers):
        count = max(4, int(1.3 * c.height * c.width / pore**2))
        _, border = cells(c.points(count, pore), c.height, c.width)
        width = pore * thick * (1 + 0.25 * c.noise(pore * 0.5))
        round_top = np.sqrt(np.maximum(1 - (border / width) ** 2, 0))
        z = (k - layers) * pore * 0.9 + width * round_top + pore * 0.25 * c.noise(pore * 1.3)
        shows = (border < width) & (z > scene.height)
        scene.height[shows] = z[shows]
        scene.albedo[shows] = glow * (0.5 + 0.5 * (k + 1) / layers)
    scene.sizes, scene.shape = [pore], "open cells between struts"
    skin(c, scene, pore)
    return scene


def ligaments(c: Canvas) -> Scene:
    """A bicontinuous network, as nanoporous gold or spinodal glass."""
    period = c.span(0.03, 0.3)
    spread = c.uniform(0.15, 0.4)
    scene = solid(c, -3 * period)
    scene.albedo *= 0.25
    glow, bias = c.uniform(0.5, 0.9), c.uniform(-0.5, 0.35)
    for k in range(3):
        field = c.bandpass(period, spread) + bias
        z = (
            (k - 2) * period * 0.5
            + period * 0.35 * np.sqrt(np.maximum(field, 0))
            + 0.08 * period * c.noise(3 * period)
        )
        shows = (field > 0) & (z > scene.height)
        scene.height[shows], scene.albedo[shows] = z[shows], glow * (0.55 + 0.225 * k)
    scene.sizes, scene.shape, scene.nm = [period * 0.6], "bicontinuous ligaments", (15, 20000)
    skin(c, scene, period)
    return scene


def inverse_opal(c: Canvas) -> Scene:
    """Hollow balls in hexagonal order, three windows in each."""
    r = c.span(0.04, 0.16)
    scene = solid(c, 0.0)
    turn, messy, w = c.uniform(0, 1), c.uniform(0.0, 0.15) * r, r * c.uniform(0.2, 0.36)
    n = int(np.hypot(c.height, c.width) / r / 1.7) // 2 + 2
    for j in range(-n, n + 1):
        for i in range(-n, n + 1):
            u, v = 2 * r * (i + 0.5 * (j % 2)), 3**0.5 * r * j
            x = c.width / 2 + u * np.cos(turn) - v * np.sin(turn) + c.rng.normal(0, 1) * messy
            y = c.height / 2 + u * np.sin(turn) + v * np.cos(turn) + c.rng.normal(0, 1) * messy
            if not (-r < x < c.width + r and -r < y < c.height + r):
                continue
            carve(scene, x, y, -0.1 * r, r * 0.97)
            for a in np.arange(3) * 2.094 + turn + 0.52:
                carve(scene, x + 0.55 * r * np.cos(a), y + 0.55 * r * np.sin(a), -1.0 * r, w, 4)
    scene.sizes, scene.shape, scene.nm = [2 * r], "ordered spherical pores", (150, 2000)
    scene.height += 0.15 * r * c.noise(r * 4)
    skin(c, scene, r)
    return scene


def membrane(c: Canvas) -> Scene:
    """A skin with round holes of many sizes, deeper ones seen through them."""
    scene = solid(c, 0.0)
    r0 = c.span(0.012, 0.1)
    count = int(min(380, c.uniform(0.25, 0.75) * c.height * c.width / (3.1 * r0 * r0)))
    deep = c.uniform(0.6, 2.5)
    drawn = sizes(c, count, r0, c.uniform(0.2, 0.6))
    for k, ((y, x), r) in enumerate(zip(c.points(count), drawn, strict=True)):
        carve(scene, x, y, -0.2 * r, float(r), deep, k + 1)
        if c.chance(0.5):
            s = float(r) * c.uniform(0.3, 0.6)
            carve(scene, x + c.rng.normal(0, 0.3) * r, y + c.rng.normal(0, 0.3) * r, -deep * r, s, 4, k + 1)
    scene.height += r0 * c.uniform(0, 0.6) * c.fractal(r0 * 6)
    scene.sizes = [2 * float(r) for r in drawn]
    scene.shape, scene.nm, scene.covers = "round pores", (50, 50000), True
    skin(c, scene, r0)
    return scene


def channels(c: Canvas) -> Scene:
    """Freeze-cast walls: long parallel channels bridged here and there; or a honeycomb of thin walls."""
    pore = c.span(0.06, 0.3)
    scene = solid(c, 0.0)
    aspect, angle = c.between(1, 5), c.uniform(0, np.pi)
    count = max(6, int(c.height * c.width / (pore * pore * aspect) * 1.2))
    border = _stretched_walls(c, count, pore, aspect, angle)
    thin = pore * c.uniform(0.04, 0.14) * (1 + 0.3 * c.noise(pore))
    wall = step(thin - border, 2.0)
    scene.height -= (1 - wall) * pore * c.uniform(0.5, 2) * np.minimum(border / pore * 3 + 0.4, 1)
    scene.height += pore * 0.15 * c.fractal(pore * 2) + (1 - wall) * pore * 0.15 * c.fractal(pore * 0.5, 0.6)
    scene.albedo *= 0.45 + 0.55 * wall
    scene.sizes, scene.shape = [pore], "long channels" if aspect > 2 else "honeycomb cells"
    scene.orientation = angle if aspect > 2 else None
    skin(c, scene, pore * 0.4)
    return scene


def _stretched_walls(c: Canvas, count: int, pore: float, aspect: float, angle: float) -> Array:
    """Distance to the walls of cells drawn out along a direction, [H, W]."""
    u, v = c.turned(angle)
    u, v = u + 0.3 * pore * c.noise(pore * 1.5), v + 0.3 * pore * c.noise(pore * 1.5)
    half = int(np.hypot(c.height, c.width) / 2 + pore)
    shape = (2 * half, int(2 * half / aspect))
    scale = shape[0] * shape[1] * aspect / (c.height * c.width)
    points = c.rng.uniform(0, shape, (int(count * scale) + 2, 2)).astype(np.float32)
    _, border = cells(points, *shape)
    row = np.clip(v + half, 0, shape[0] - 1).astype(np.int32)
    column = np.clip((u + half) / aspect, 0, shape[1] - 1).astype(np.int32)
    return border[row, column]


def bread(c: Canvas) -> Scene:
    """A crumbly sponge or aerogel: pores of all scales in a rough solid."""
    scene = solid(c, 0.0)
    size = c.span(0.08, 0.5)
    field = c.fractal(size, c.uniform(0.5, 0.75), 6)
    scene.height += size * 0.25 * np.minimum(field, c.uniform(0.0, 0.6))
    pits = np.maximum(-c.fractal(size * 0.5, 0.6, 4) - c.uniform(0.2, 0.8), 0)
    scene.height -= size * 0.5 * np.minimum(pits, 1.2)
    scene.albedo *= 1 - 0.4 * np.minimum(pits, 1)
    scene.sizes, scene.shape = [size * 0.5], "irregular pores"
    skin(c, scene, size * 0.4)
    return scene


RECIPES = (
    Recipe(bubbles, 2.5),
    Recipe(open_foam, 2),
    Recipe(ligaments, 2),
    Recipe(inverse_opal, 1),
    Recipe(membrane, 1.2),
    Recipe(channels, 1.5),
    Recipe(bread, 1),
)
