"""Whole organisms and single cells that lie apart: microbes, blood, pollen, diatoms."""

import numpy as np

from slava.synth.fields import Array
from slava.synth.scene import Canvas, Scene
from slava.synth.solids import Body, ellipsoid, put, put_many, rod
from slava.synth.tubes import threads


def _dish(c: Canvas) -> Scene:
    scene = Scene.bare(c, c.between(0.1, 0.5), c.between(0.1, 1.2) if c.chance(0.5) else 0.0)
    if c.chance(0.3):
        scene.height += c.between(1, 6) * c.fractal(c.span(0.05, 0.4))
    scene.plain = False
    return scene


def _named(scene: Scene, objects: str, kind: str, shape: str, nm: tuple[float, float]) -> Scene:
    scene.objects, scene.size_kind, scene.shape, scene.nm = objects, kind, shape, nm
    return scene


def _textured(c: Canvas, scene: Scene, size: float) -> None:
    scene.height += (
        size * c.between(0.003, 0.04) * c.fractal(max(3, size * c.uniform(0.1, 0.5)), 0.6) * (scene.ids > 0)
    )


def red_cells(c: Canvas) -> Scene:
    """Red blood cells: dented discs, some on edge, some crenated."""
    scene = _dish(c)
    r = c.span(0.06, 0.3)
    glow, dent = c.uniform(0.4, 0.8), c.uniform(0.3, 0.8)
    for y, x in c.points(
        int(np.clip(c.uniform(0.15, 1.1) * c.height * c.width / (3.1 * r * r), 1, 90)), 0.3 * r
    ):
        own, squash, turn = (
            r * c.uniform(0.85, 1.15),
            1.0 if c.chance(0.7) else c.uniform(0.35, 0.9),
            c.uniform(0, 3.2),
        )
        outer = ellipsoid(own, own * squash, own * 0.45, turn, 0.4)
        hollow = ellipsoid(own * 0.62, own * 0.62 * squash, own * dent * 0.5, turn, 1.2)

        def disc(dx: Array, dy: Array, outer: Body = outer, hollow: Body = hollow) -> Array:
            return np.asarray(outer(dx, dy) - np.maximum(hollow(dx, dy), 0))

        put(scene, disc, x, y, own + 1, c.uniform(0, 0.5) * own, glow * c.uniform(0.9, 1.1), 2 * own)
    _textured(c, scene, r)
    return _named(scene, "red blood cells", "cell diameter", "biconcave discs", (6000, 8500))


def bacteria(c: Canvas) -> Scene:
    """Rods or balls, in chains or in a lawn, many dividing, with the threads that they put out."""
    scene = _dish(c)
    r, cocci = c.span(0.012, 0.09), c.chance(0.35)
    glow, aspect = c.uniform(0.45, 0.9), c.uniform(1.8, 5)
    area = r * r * (3.1 if cocci else 4 * aspect)
    many = int(np.clip(c.between(0.1, 1.2) * c.height * c.width / area, 14, 260))
    drift, bend = c.uniform(0, 3.2), c.uniform(0, 0.25) / r
    feet: list[tuple[float, float]] = []
    while many > 0:
        y, x = c.points(1)[0]
        turn = drift + c.rng.normal(0, c.uniform(0.2, 2))
        for _ in range(min(many, int(c.rng.choice([1, 1, 2, 3, 6])))):
            long = 2 * r if cocci else 2 * r * aspect * c.uniform(0.7, 1.3)
            body = ellipsoid(r, r, r) if cocci else rod(long, r, turn, c.rng.normal(0, 0.2) * bend)
            if c.chance(0.5):
                body = _dividing(body, r, turn)
            put(scene, body, x, y, long / 2 + r, r * c.uniform(0.4, 1.4), glow * c.uniform(0.9, 1.1), 2 * r)
            feet.append((x, y))
            x, y = x + np.cos(turn) * long, y - np.sin(turn) * long
            turn += c.rng.normal(0, 0.3)
            many -= 1
    _flagella(c, scene, np.array(feet, np.float32), r)
    _textured(c, scene, r)
    return _named(scene, "bacteria", "cell width", "balls" if cocci else "rods", (400, 1500))


def _dividing(body: Body, r: float, turn: float) -> Body:
    """The same cell with a waist, where it is about to come apart."""
    cos, sin = np.float32(np.cos(turn)), np.float32(np.sin(turn))

    def surface(dx: Array, dy: Array) -> Array:
        waist = np.exp(-(((dx * cos - dy * sin) / np.float32(0.3 * r)) ** 2))
        return np.asarray(body(dx, dy) - np.float32(0.5 * r) * waist)

    return surface


def _flagella(c: Canvas, scene: Scene, feet_N2: Array, r: float) -> None:
    """Thin curved threads from the cells, one to three each; they count as no object."""
    starts = np.repeat(feet_N2, int(c.rng.integers(1, 4)), axis=0)[:150]
    length = r * c.uniform(4, 12)
    threads(scene, c.rng, starts, length, max(0.6, r * c.uniform(0.06, 0.14)), c.uniform(0.35, 0.7))


def yeast(c: Canvas) -> Scene:
    """Smooth ovals, budding and scarred by earlier buds, heaped together."""
    scene = _dish(c)
    r = c.span(0.04, 0.2)
    glow = c.uniform(0.4, 0.8)
    hubs = c.points(int(c.rng.integers(1, 6)))
    many = int(np.clip(c.uniform(0.2, 1.0) * c.height * c.width / (3.1 * r * r), 5, 120))
    places = hubs[c.rng.integers(len(hubs), size=many)] + c.rng.normal(0, r * 2.5, (many, 2))
    for y, x in places:
        own, turn = r * c.uniform(0.7, 1.2), c.uniform(0, 6.3)
        put(
            scene,
            ellipsoid(own * 1.25, own, own, turn),
            x,
            y,
            own * 1.4,
            own * c.uniform(0.3, 1.2),
            glow,
            2 * own,
        )
        _scars(c, scene, float(x), float(y), own)
        if c.chance(0.55):
            bud, far = own * c.uniform(0.3, 0.7), own * 1.5
            put(
                scene,
                ellipsoid(bud, bud, bud),
                x + far * np.cos(turn),
                y - far * np.sin(turn),
                bud + 1,
                bud,
                glow,
                2 * bud,
            )
    _textured(c, scene, r)
    return _named(scene, "yeast cells", "cell width", "ovals", (3000, 8000))


def _scars(c: Canvas, scene: Scene, x: float, y: float, r: float) -> None:
    """Rings on a cell's skin, one for each bud that has left it."""
    for _ in range(int(c.rng.integers(1, 4))):
        turn, off = c.uniform(0, 6.3), c.uniform(0.1, 0.55) * r
        u, v = c.turned(0, x + off * np.cos(turn), y + off * np.sin(turn))
        d = np.hypot(u, v) / r
        scene.height += r * np.float32(0.08) * np.exp(-(((d - 0.2) / 0.05) ** 2)) * (scene.ids > 0)
        scene.height -= r * np.float32(0.05) * (d < 0.16) * (scene.ids > 0)


def pollen(c: Canvas) -> Scene:
    """Grains with spines, warts, a net or furrows."""
    scene = _dish(c)
    r, kind = c.span(0.1, 0.42), c.pick("spines", "spines", "warts", "net", "furrows")
    glow = c.uniform(0.4, 0.75)
    for y, x in c.points(int(np.clip(c.between(0.1, 0.9) * c.height * c.width / (3.1 * r * r), 1, 20))):
        own = r * c.uniform(0.85, 1.15)
        squash, turn = c.uniform(0.75, 1.0), c.uniform(0, 3.2)
        lift = own * c.uniform(0.5, 1.5)
        put(scene, ellipsoid(own, own * squash, own, turn), x, y, own + 1, lift, glow, 2 * own)
        if kind in ("spines", "warts"):
            _spines(c, scene, float(x), float(y), own, lift, glow, kind == "spines")
    grain = scene.ids > 0
    if kind in ("net", "furrows"):
        scene.height -= r * 0.06 * np.exp(-3 * np.abs(c.bandpass(r * c.uniform(0.2, 0.5), 0.3))) * -1 * grain
    if kind == "furrows":
        scene.height -= r * 0.12 * np.exp(-4 * np.abs(c.bandpass(r * 0.9, 0.3, c.uniform(0, 3.2), 4))) * grain
    _textured(c, scene, r)
    return _named(scene, "pollen grains", "grain diameter", "ornamented spheres", (10000, 60000))


def _spines(
    c: Canvas, scene: Scene, x: float, y: float, r: float, lift: float, glow: float, sharp: bool
) -> None:
    """Spines in a golden spiral over the half that shows; they belong to their grain."""
    mine = len(scene.sizes)
    count = int(c.rng.integers(50, 130))
    k = np.arange(count)
    rise = 1 - 1.15 * (k + 0.5) / count
    turn, flat = k * 2.39996, np.sqrt(1 - np.minimum(rise**2, 1))
    tall = r * (c.uniform(0.1, 0.25) if sharp else 0.04)
    base = max(1.2, r * c.uniform(0.04, 0.09))
    for part in np.linspace(0, 1, 4 if sharp else 1):
        far = r + part * tall
        yx = np.stack([y + far * flat * np.sin(turn), x + far * flat * np.cos(turn)], 1).astype(np.float32)
        size = np.full(count, max(0.8, base * (1 - 0.75 * part)))
        put_many(
            scene, yx, size, (lift + far * rise).astype(np.float32), np.full(count, glow), np.zeros(count)
        )
    scene.ids[scene.ids > mine] = mine
    del scene.sizes[mine:]


def diatoms(c: Canvas) -> Scene:
    """Shells of silica: discs or boats with rows of pores."""
    scene = _dish(c)
    r = c.span(0.12, 0.45)
    glow, spokes = c.uniform(0.4, 0.8), int(c.rng.integers(12, 60))
    for y, x in c.points(int(c.rng.integers(1, 7)), -0.05 * c.unit):
        own = r * c.uniform(0.6, 1.2)
        slim = 1.0 if c.chance(0.5) else c.uniform(0.15, 0.4)
        turn = c.uniform(0, 3.2)
        pitch = max(6.0, own * c.uniform(0.08, 0.18))
        shell = _shell(own, slim, turn, pitch, spokes, c.chance(0.5))
        put(scene, shell, x, y, own + 1, c.uniform(0.05, 0.3) * own, glow * c.uniform(0.9, 1.1), 2 * own)
    _textured(c, scene, r)
    return _named(scene, "diatoms", "shell length", "ornamented shells", (8000, 120000))


def _shell(r: float, slim: float, turn: float, pitch: float, spokes: int, radial: bool) -> Body:
    cos, sin = np.float32(np.cos(turn)), np.float32(np.sin(turn))

    def surface(dx: Array, dy: Array) -> Array:
        u, v = dx * cos - dy * sin, dx * sin + dy * cos
        q = (
            np.hypot(u, v / slim) / r
            if slim == 1
            else np.maximum(np.abs(u) / r, 0) ** 2 + np.abs(v) / (r * slim)
        )
        if slim < 1:
            pores = np.cos(u * 6.28 / pitch) * np.cos(v * 6.28 / pitch) * (np.abs(v) > 0.12 * r * slim)
        elif radial:
            pores = np.cos(np.arctan2(v, u) * spokes) * np.cos(q * r * 6.28 / pitch)
        else:
            pores = np.cos(u * 6.28 / pitch) * np.cos((u * 0.5 + v * 0.87) * 6.28 / pitch)
        rim = np.exp(-(((q - 0.93) / 0.05) ** 2))
        top = r * 0.12 * (1 - 0.5 * q * q) + r * 0.05 * rim - 0.4 * pitch * np.maximum(pores, 0) * (q < 0.88)
        return np.where(q < 1, top, np.float32(-1e9)).astype(np.float32)

    return surface
