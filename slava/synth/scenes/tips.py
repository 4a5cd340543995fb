"""Tips: a sharp probe, needle or cone, mostly alone before a plain background."""

import numpy as np

from slava.synth.fields import Array, blurred, step
from slava.synth.scene import Canvas, Recipe, Scene
from slava.synth.solids import ellipsoid, put


def _void(c: Canvas) -> Scene:
    scene = Scene.bare(c, c.between(0.02, 0.3))
    scene.height -= c.span(0.3, 1.0)
    if c.chance(0.4):
        scene.albedo *= np.exp(0.3 * c.noise(c.unit * c.uniform(0.5, 1.2)))
    scene.objects, scene.shape, scene.size_kind, scene.nm = (
        "tips",
        "tapered needle",
        "apex diameter",
        (15, 800),
    )
    scene.covers, scene.wall = True, c.uniform(0.7, 1.2)
    return scene


def _pose(c: Canvas) -> tuple[Array, Array, float]:
    """Coordinates with the apex at zero, u rising towards the shank, v across; and the shank's direction."""
    angle = (
        c.uniform(0, 2 * np.pi)
        if c.chance(0.5)
        else float(c.rng.choice([0, 0.5, 1, 1.5])) * np.pi + c.rng.normal(0, 0.1)
    )
    back = c.uniform(-0.1, 0.3) * c.unit
    x = c.width / 2 - back * np.cos(angle) + c.rng.normal(0, 0.08) * c.width
    y = c.height / 2 + back * np.sin(angle) + c.rng.normal(0, 0.08) * c.height
    u, v = c.turned(angle, x, y)
    return u, v, angle


def _body(
    c: Canvas, scene: Scene, u: Array, v: Array, half: Array, albedo: float, angle: float, flat: float = 1.0
) -> None:
    """A round body about the axis, `half` its half-width at each pixel."""
    q = v / np.maximum(half, 0.5)
    inside = (np.abs(q) < 1) & (u > 0)
    z = half * flat * np.sqrt(np.maximum(1 - q * q, 0)) + 1
    if c.chance(0.6):
        z = z + c.between(0.1, 1.5) * c.fractal(c.between(3, 30), 0.6)
    if c.chance(0.3):
        z = z + c.between(0.2, 1.5) * c.bandpass(c.between(5, 25), 0.4, angle, 6)
    scene.height = np.where(inside, z, scene.height).astype(np.float32)
    scene.albedo = np.where(inside, albedo, scene.albedo).astype(np.float32)
    scene.ids[inside] = 1


def needle(c: Canvas) -> Scene:
    """An etched wire, tapered to its apex."""
    scene = _void(c)
    u, v, angle = _pose(c)
    apex, power = c.span(0.004, 0.06), c.uniform(0.55, 1.6)
    broad, long = c.span(0.06, 0.5), c.span(0.4, 1.2)
    s = np.maximum(u, 0)
    half = np.sqrt(2 * apex * s + 1e-3)
    half = np.minimum(half, apex) + broad * np.minimum(s / long, 1.6) ** power
    bend = c.rng.normal(0, 0.08) * s * s / c.unit
    _body(c, scene, u, v + bend, half.astype(np.float32), c.uniform(0.4, 0.8), angle)
    scene.sizes, scene.orientation = [2 * apex], angle % np.pi
    _extras(c, scene, u, v, apex)
    return scene


def _extras(c: Canvas, scene: Scene, u: Array, v: Array, apex: float) -> None:
    """A thin wire grown on the apex, a ball that melted there, or crumbs on the shank."""
    dice = c.rng.random()
    x, y = _at(u, v)
    if dice < 0.15:
        long, thin = c.span(0.08, 0.35), max(1.0, apex * c.uniform(0.2, 0.5))
        wire = (u < 2) & (u > -long) & (np.abs(v + 0.1 * u * c.rng.normal(0, 1)) < thin)
        scene.height[wire], scene.albedo[wire], scene.ids[wire] = thin, 0.9, 1
    elif dice < 0.27:
        r = apex * c.uniform(1.3, 3)
        put(scene, ellipsoid(r, r, r), x, y, r + 1, 1, 0.8, 0)
        scene.sizes.pop()
        scene.ids[scene.ids > 1] = 1
    if c.chance(0.2):
        lumps = np.maximum(c.fractal(c.span(0.02, 0.08), 0.6) - 1.2, 0) * (scene.ids > 0)
        scene.height += 6 * lumps
        scene.defects.add("contamination")


def _at(u: Array, v: Array) -> tuple[float, float]:
    """Where the apex is, (x, y)."""
    y, x = np.unravel_index(int(np.argmin(u * u + v * v)), u.shape)
    return float(x), float(y)


def apex_close(c: Canvas) -> Scene:
    """The rounded end of a tip, filling much of the frame."""
    scene = _void(c)
    u, v, angle = _pose(c)
    apex, cone = c.span(0.06, 0.3), c.uniform(0.05, 0.6)
    s = np.maximum(u, 0)
    half = np.where(s < apex, np.sqrt(np.maximum(2 * apex * s - s * s, 0)), apex + cone * (s - apex))
    _body(c, scene, u, v, half.astype(np.float32), c.uniform(0.4, 0.8), angle, c.uniform(0.5, 1))
    scene.sizes, scene.orientation, scene.shape = [2 * apex], angle % np.pi, "rounded apex"
    return scene


def lever_side(c: Canvas) -> Scene:
    """A cantilever from the side: a thin bar with its tip standing off near the end."""
    scene = _void(c)
    u, v, angle = _pose(c)
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
    scene = _void(c)
    u, v, _ = _pose(c)
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
    _spike(c, scene, u, v, size)
    scene.ids[scene.height > 1] = 1
    scene.sizes, scene.size_kind, scene.shape = [2 * size], "tip base width", "pyramid on a cantilever"
    scene.nm, scene.orientation = (2000, 15000), None
    return scene


def _spike(c: Canvas, scene: Scene, u: Array, v: Array, size: float, hollow: bool = False) -> None:
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


def cone_on_flat(c: Canvas) -> Scene:
    """A single cone or pyramid on a substrate (field emitter, indenter, grown tip)."""
    scene = _void(c)
    scene.height[:] = c.between(0.1, 1.0) * c.fractal(c.between(3, 20), 0.6) if c.chance(0.5) else 0
    size = c.span(0.06, 0.4)
    x, y = c.width * c.uniform(0.35, 0.65), c.height * c.uniform(0.4, 0.7)
    u, v = c.turned(c.uniform(0, 3.2), x, y)
    before = scene.height.copy()
    _spike(c, scene, u, v, size)
    scene.ids[scene.height > before + 0.02 * size] = 1
    if c.chance(0.35):
        r, gate = np.hypot(u, v), size * c.uniform(1.1, 1.8)
        rim = step(r - gate, 1.5)
        scene.height += rim * size * c.uniform(0.1, 0.6)
        scene.albedo += 0.2 * rim
    scene.sizes, scene.size_kind, scene.shape = [2 * size], "tip base width", "cone or pyramid"
    scene.nm = (300, 20000)
    return scene


def chip(c: Canvas) -> Scene:
    """An overview: the edge of a holder chip with a small cantilever sticking out."""
    scene = _void(c)
    u, v, angle = _pose(c)
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


RECIPES: tuple[Recipe, ...] = (
    Recipe(needle, 3.5),
    Recipe(apex_close, 1.3),
    Recipe(lever_side, 1.8),
    Recipe(lever_top, 2, (20, 65), 0.6, 0.4),
    Recipe(cone_on_flat, 1.6, (25, 75), 0.75, 0.5),
    Recipe(chip, 0.9),
)
