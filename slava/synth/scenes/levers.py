"""Tips on cantilevers: from the side, from above, with their chip."""

import numpy as np

from slava.synth.fields import Array, blurred, step
from slava.synth.scene import Canvas, Scene
from slava.synth.scenes.poses import pose, void


def lever_side(c: Canvas) -> Scene:
    """A cantilever from the side: a thin bar with its tip standing off near the end."""
    scene = void(c)
    u, v, angle = pose(c)
    flip = 1 if c.chance(0.5) else -1
    tall, foot = c.span(0.12, 0.5), c.uniform(0.35, 1.1)
    bar = c.span(0.02, 0.12)
    set_back = tall * c.uniform(0.3, 1.2)
    w = v * flip
    beam = (w > 0) & (w < bar) & (u > -set_back * (1 - 0.3 * w / bar))
    share = np.clip(-w / tall, 0, 1)
    curved = (1 - share) ** c.uniform(0.9, 1.8)
    lean = c.uniform(-0.3, 0.3) * w
    half = foot * tall / 2 * curved + c.span(0.002, 0.01)
    tip = (w <= 0) & (w > -tall) & (np.abs(u + lean) < half)
    for part, glow in ((beam, c.uniform(0.3, 0.6)), (tip, c.uniform(0.4, 0.8))):
        q = np.where(part, (u + lean) / half, 0) if part is tip else np.zeros_like(u)
        z = half * np.sqrt(np.maximum(1 - q * q, 0)) * 0.8 if part is tip else bar * 0.4
        scene.height = np.where(part, z, scene.height).astype(np.float32)
        scene.albedo[part] = glow
    scene.height += c.between(0.05, 0.6) * c.fractal(c.between(3, 20), 0.6) * (beam | tip)
    scene.ids[tip] = 1
    scene.sizes, scene.size_kind, scene.shape = [tall], "tip height", "tip on a cantilever"
    scene.nm, scene.orientation = (2000, 20000), (angle + np.pi / 2) % np.pi
    return scene


def lever_top(c: Canvas) -> Scene:
    """A cantilever from above or tilted, with a pyramid or cone near its free end."""
    scene = void(c)
    u, v, _ = pose(c)
    size = c.span(0.06, 0.3)
    width = size * c.uniform(0.8, 1.8)
    front = -size * c.uniform(0.7, 2.0)
    taper = np.clip((u - front) / (width * c.uniform(0.6, 1.6)), 0.05, 1) if c.chance(0.7) else 1.0
    edge = np.minimum(width * taper - np.abs(v), u - front)
    if c.chance(0.25):
        edge = np.minimum(edge, np.abs(v) - (u - size * 2.5) * 0.5)
    on = step(edge, 1.5)
    scene.height = np.where(on > 0.5, 0, scene.height).astype(np.float32)
    scene.albedo = scene.albedo * (1 - on) + on * np.float32(c.uniform(0.25, 0.6))
    spike(c, scene, u, v, size)
    scene.ids[scene.height > 1] = 1
    scene.sizes, scene.size_kind, scene.shape = [2 * size], "tip base width", "pyramid on a cantilever"
    scene.nm, scene.orientation = (2000, 15000), None
    return scene


def spike(c: Canvas, scene: Scene, u: Array, v: Array, size: float, hollow: bool = False) -> None:
    """A pyramid (three or four faces), cone or etched spire at the origin, `size` its half-base."""
    kind = c.pick("pyramid", "pyramid", "tripod", "cone", "spire")
    tall = size * c.uniform(0.9, 2.5)
    if kind == "pyramid":
        d = np.maximum(np.abs(u), np.abs(v))
    elif kind == "tripod":
        d = np.maximum.reduce([np.cos(a) * u + np.sin(a) * v for a in np.arange(3) * 2.094]) * np.float32(1.4)
    else:
        d = np.hypot(u, v)
    rise = np.clip(1 - d / size, 0, 1)
    z = tall * (rise ** c.uniform(1.5, 3) if kind == "spire" else rise)
    if hollow:
        z = -z
    scene.height = np.where(rise > 0, scene.height + z, scene.height).astype(np.float32)
    scene.albedo = np.where(rise > 0, np.float32(c.uniform(0.4, 0.8)), scene.albedo)


def chip(c: Canvas) -> Scene:
    """An overview: the edge of a holder chip with a small cantilever sticking out."""
    scene = void(c)
    u, v, angle = pose(c)
    shelf = c.span(0.25, 0.6)
    lever, width = shelf + 2, c.span(0.03, 0.15)
    taper = np.clip(u / c.span(0.03, 0.3), 0, 1)
    body = u - shelf - np.abs(v) * c.uniform(0, 0.2)
    beam = np.minimum(width * taper - np.abs(v), np.minimum(u, lever - u))
    if c.chance(0.3):
        beam = np.minimum(beam, np.abs(v) - (u - 0.5 * shelf) * 0.4)
    for edge, level, glow in ((body, 0.0, c.uniform(0.25, 0.6)), (beam, 2.0, c.uniform(0.4, 0.8))):
        on = edge > 0
        scene.height[on], scene.albedo[on] = level, glow
    scene.height += c.between(0.05, 0.5) * c.fractal(c.between(3, 20), 0.6)
    near = blurred((np.hypot(u - width, v) < width * 0.25).astype(np.float32), 1)
    scene.height += near * width * 0.5
    scene.ids[beam > 0] = 1
    scene.sizes, scene.size_kind, scene.shape = [2 * width], "cantilever width", "cantilever on a chip"
    scene.objects, scene.nm, scene.orientation = "cantilevers", (15000, 60000), angle % np.pi
    return scene
