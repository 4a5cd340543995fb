"""What the measuring teacher speaks about: a micrograph, measured, with its class if that is known."""

from dataclasses import dataclass

import numpy as np

from slava.micrographs import Acquisition
from slava.teacher.measuring import Measurements


@dataclass(frozen=True, eq=False)
class Subject:
    """One micrograph, and the dice that choose among phrases."""

    found: Measurements
    acquisition: Acquisition
    label: str | None
    dice: np.random.Generator

    def one(self, *phrases: str) -> str:
        """One of the phrases."""
        return phrases[int(self.dice.integers(len(phrases)))]

    @property
    def things(self) -> str:
        """What the objects are called, in words that do not give the class away."""
        return "bright objects" if self.found.objects and self.found.objects.bright else "dark features"

    def length(self, pixels: float, error: float = 0.0) -> str:
        """A length in nm or µm where the scale is known, else in pixels, with what it may be off."""
        scale = self.found.pixel_size_nm
        if scale is None:
            return _with_error(pixels, error, "px")
        if pixels * scale >= 1000:
            return _with_error(pixels * scale / 1000, error * scale / 1000, "µm")
        return _with_error(pixels * scale, error * scale, "nm")

    @property
    def scale(self) -> str:
        """A sentence that a question about lengths begins with: no picture shows its own scale."""
        if self.found.pixel_size_nm is None:
            return f"The picture is {self.found.width} px wide."
        return f"The picture is {self.length(self.found.width)} wide."


def _with_error(value: float, error: float, unit: str) -> str:
    """Three digits; fewer where the error says so."""
    if not error:
        return f"{value:.3g} {unit}"
    place = int(np.floor(np.log10(error)))
    digits = max(0, -place)
    return f"{round(value, -place):.{digits}f} ± {max(round(error, -place), 10.0**place):.{digits}f} {unit}"
