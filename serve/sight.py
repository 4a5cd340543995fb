"""What the tower's deployment tells the others of some micrographs."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

AUTO = "auto"
"""In a model's name: let the gate choose."""


@dataclass(frozen=True)
class Seen:
    """One micrograph after the tower."""

    tokens: str
    """Image tokens [T, H] for the engine: float32 in NumPy's format, base64."""
    pooled: NDArray[np.float32]
    """Features [P]."""


@dataclass(frozen=True)
class Sight:
    """What the engine needs to answer about some files."""

    tokens: list[list[str]]
    """For each file one a micrograph, as in `Seen`."""
    adapter: tuple[str, str] | None
    """Name and folder of what answers; None for the base."""
    label_temperature: float
    """Calibrates its choice among labels."""
    route: dict[str, Any]
    """As `serve.wire.Route`."""


NOTHING = Sight([], None, 1.0, {"expert": None, "gate": [], "micrographs": []})
"""No micrograph: the base answers, since the gate goes by what it sees."""
