"""Flaws of the picture that can be measured: clipped grey values and noise. Flaws of the sample cannot."""

from collections.abc import Iterator

from slava.teacher.facets.subject import Subject
from slava.teacher.triples import Triple

CLIPPED = 0.02
"""Share of pixels at an end of the range."""
NOISY, CLEAN = 12.0, 4.0
"""Grey values of 255."""


def ask(subject: Subject) -> Iterator[Triple]:
    """Exposure, and noise where it is clearly strong or weak."""
    yield _exposure(subject)
    noise = subject.found.texture.noise
    if not CLEAN < noise < NOISY:
        question = subject.one("Is the picture noisy?", "How noisy is the picture?", "Judge the noise.")
        answer = "It is noisy" if noise >= NOISY else "It has little noise"
        yield Triple("defects", question, f"{answer}: about {noise:.0f} of 255 grey values.")


def _exposure(subject: Subject) -> Triple:
    texture = subject.found.texture
    question = subject.one(
        "Are parts of the picture overexposed or lost in black?",
        "Is the brightness range of the picture clipped?",
        "Are there blown-out or pitch-black areas?",
    )
    flaws = [
        f"{100 * share:.0f} % of the pixels are {word}"
        for share, word in ((texture.white, "saturated white"), (texture.black, "fully black"))
        if share >= CLIPPED
    ]
    answer = f"Yes: {' and '.join(flaws)}." if flaws else "No, hardly any pixel lies at an end of the range."
    return Triple("defects", question, answer)
