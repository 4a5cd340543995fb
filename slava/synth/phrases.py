"""Plain English for facts: numbers with sensible rounding, directions, lists."""

import math

from slava.synth.facts import Facts

CLASS_NOUNS: dict[str, tuple[str, ...]] = {
    "Porous sponge": ("a porous sponge", "a porous, sponge-like solid", "an open-pored foam"),
    "Patterned surface": ("a patterned surface", "a lithographic pattern", "a periodic surface pattern"),
    "Particles": ("particles on a substrate", "single particles", "particles on a flat support"),
    "Films and coated surface": ("a film or coated surface", "a coating", "a thin film"),
    "Powder": ("a powder", "a pile of powder grains", "densely piled powder"),
    "Tips": ("a sharp tip", "a probe tip", "a tip"),
    "Nanowires": ("nanowires", "thin nanowires", "an assembly of nanowires"),
    "Biological": ("a biological sample", "biological material", "a biological specimen"),
    "MEMS devices and electrodes": (
        "a microdevice with electrodes",
        "a MEMS or electrode structure",
        "a microfabricated device",
    ),
    "Fibres": ("fibres", "thick fibres", "long fibres"),
}
"""How a class may be called in a sentence."""

DEFECTS: dict[str, str] = {
    "missing element": "missing elements",
    "crack": "cracks",
    "scratch": "scratches",
    "pinhole": "pinholes",
}
"""Defects whose name takes a plural in a sentence."""


def length(nanometres: float, figures: int = 2) -> str:
    """A length in nm or µm, to so many significant figures: "350 nm", "1.2 µm", "40 µm"."""
    if nanometres <= 0:
        return "0 nm"
    value = float(f"{nanometres:.{figures - 1}e}")
    digits = figures - 1 - math.floor(math.log10(value))
    if value < 1000:
        return f"{value:.{max(0, digits)}f} nm"
    return f"{value / 1000:.{max(0, digits + 3)}f} µm"


def percent(share: float) -> str:
    """A share in per cent: to 5 where it is above 10, to 1 below."""
    value = 100 * share
    if value < 0.5:
        return "less than 1 %"
    return f"about {round(value) if value < 10 else 5 * round(value / 5)} %"


def degrees(angle: float) -> int:
    """An angle to the nearest 5 degrees, 0 to 175."""
    return 5 * round(angle / 5) % 180


def direction(angle: float) -> str:
    """In words: "horizontal", "vertical", "rising to the right", "falling to the right"."""
    if angle < 15 or angle > 165:
        return "horizontal"
    if 75 <= angle <= 105:
        return "vertical"
    return "rising to the right" if angle < 90 else "falling to the right"


def listed(words: tuple[str, ...]) -> str:
    """ "a", "a and b", "a, b and c"; defects in the plural where they have one."""
    spoken = [DEFECTS.get(word, word) for word in words]
    return spoken[0] if len(spoken) == 1 else f"{', '.join(spoken[:-1])} and {spoken[-1]}"


def amount(facts: Facts) -> str:
    """The count in words for a caption: exact when few."""
    count = facts.count or 0
    if count == 1:
        return "one"
    if count <= 20:
        return str(count)
    for limit, words in (
        (50, "a few dozen"),
        (100, "dozens of"),
        (200, "more than a hundred"),
        (10**9, "hundreds of"),
    ):
        if count <= limit:
            return words
    raise AssertionError(count)


def objects(facts: Facts) -> str:
    """The counted objects, in the singular where there is one."""
    words = facts.objects
    if facts.count != 1:
        return words
    for plural, singular in (("bacteria", "bacterium"), ("ies", "y"), ("s", "")):
        if words.endswith(plural):
            return words[: -len(plural)] + singular
    return words
