"""Short descriptions built from facts alone."""

from collections.abc import Callable

import numpy as np

from slava.synth import phrases
from slava.synth.facts import Facts

OPENINGS = (
    "{X}.",
    "This micrograph shows {x}.",
    "An electron micrograph of {x}.",
    "The picture shows {x}.",
    "SEM image of {x}.",
    "Here we see {x}.",
    "A scanning electron micrograph: {x}.",
    "The image depicts {x}.",
    "What is seen is {x}.",
    "A view of {x}.",
)


def caption(facts: Facts, seed: int) -> str:
    """One to three sentences about the picture; the same seed gives the same words."""
    rng = np.random.default_rng((11, seed))
    noun = str(rng.choice(phrases.CLASS_NOUNS[facts.label]))
    text = str(rng.choice(OPENINGS)).format(x=noun, X=noun[0].upper() + noun[1:])
    details = [sentence for make in DETAILS if (sentence := make(facts, rng))]
    wanted = min(int(rng.integers(0, 3)), len(details))
    chosen = sorted(rng.choice(len(details), wanted, replace=False)) if wanted else []
    return " ".join([text, *(details[k] for k in chosen)])


def _one(rng: np.random.Generator, *templates: str) -> str:
    return str(rng.choice(templates))


def _count(facts: Facts, rng: np.random.Generator) -> str:
    if not facts.count:
        return ""
    many, words = phrases.amount(facts), phrases.objects(facts)
    if facts.count == 1:
        return _one(rng, f"One {words} is in view.", f"There is one {words}.", f"It shows a single {words}.")
    return _one(
        rng,
        f"There are {many} {words}.",
        f"{many[0].upper() + many[1:]} {words} are in view.",
        f"The frame holds {many} {words}.",
    )


def _shape(facts: Facts, rng: np.random.Generator) -> str:
    return _one(
        rng, f"The shape is best called {facts.shape}.", f"Shape: {facts.shape}.", f"The form: {facts.shape}."
    )


def _size(facts: Facts, rng: np.random.Generator) -> str:
    if facts.size_nm_mean is None:
        return ""
    kind, size = facts.size_kind, phrases.length(facts.size_nm_mean)
    return _one(
        rng,
        f"The {kind} is about {size}.",
        f"With a {kind} of about {size}.",
        f"The mean {kind} is near {size}.",
        f"The {kind} measures some {size}.",
    )


def _spread(facts: Facts, rng: np.random.Generator) -> str:
    if not facts.size_nm_mean or facts.size_nm_std is None or facts.count is None or facts.count < 5:
        return ""
    share = facts.size_nm_std / facts.size_nm_mean
    if share < 0.08:
        return _one(rng, "They are all of nearly the same size.", "Their size is uniform.")
    return _one(rng, "Their sizes vary widely.", "The sizes are broadly spread.") if share > 0.3 else ""


def _direction(facts: Facts, rng: np.random.Generator) -> str:
    if facts.orientation_deg is None:
        return ""
    words = phrases.direction(facts.orientation_deg)
    return _one(
        rng, f"The main direction is {words}.", f"The orientation is {words}.", f"The direction: {words}."
    )


def _coverage(facts: Facts, rng: np.random.Generator) -> str:
    if facts.coverage is None:
        return ""
    share, words = phrases.percent(facts.coverage), facts.objects
    return _one(
        rng,
        f"The {words} cover {share} of the frame.",
        f"{share[0].upper() + share[1:]} of the frame is covered by the {words}.",
    )


def _defects(facts: Facts, rng: np.random.Generator) -> str:
    if not facts.defects:
        return ""
    words = phrases.listed(facts.defects)
    return _one(rng, f"Visible flaws: {words}.", f"There are signs of {words}.", f"Note the {words}.")


def _tilt(facts: Facts, rng: np.random.Generator) -> str:
    if facts.tilt_deg < 15:
        return ""
    return _one(
        rng,
        "The sample is seen at a tilt.",
        "The view is tilted.",
        f"The stage is tilted by {facts.tilt_deg:.0f} degrees.",
    )


DETAILS: tuple[Callable[[Facts, np.random.Generator], str], ...] = (
    _count,
    _shape,
    _size,
    _spread,
    _direction,
    _coverage,
    _defects,
    _tilt,
)
