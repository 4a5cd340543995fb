"""How a micrograph was taken."""

from dataclasses import dataclass, fields, replace

from slava.micrographs.quantities import scaled


@dataclass(frozen=True)
class Acquisition:
    """What is known of the instrument's settings; None where it is not."""

    pixel_size_nm: float | None = None
    """The side of one pixel of the stored frame on the sample, in nanometres."""
    field_width_um: float | None = None
    """The width of the stored frame on the sample, in micrometres."""
    kv: float | None = None
    """Accelerating voltage in kilovolts."""
    working_distance_mm: float | None = None
    magnification: float | None = None
    """As the instrument displays it, on a screen or print of its own choice."""
    detector: str | None = None
    spot_size: float | None = None
    """In the instrument's own unit."""
    instrument: str | None = None
    date: str | None = None
    """ISO 8601, in the instrument's local time."""
    source: str | None = None
    """Where it was read: zeiss, fei, sidecar, imagej, tiff resolution; several joined by `+`."""

    def filled_from(self, other: "Acquisition") -> "Acquisition":
        """This one, with what it lacks taken from another."""
        gaps = {f.name: getattr(other, f.name) for f in fields(self) if getattr(self, f.name) is None}
        filled = replace(self, **gaps)
        bare = replace(filled, source=self.source)
        if self.source and other.source and bare != self:
            return replace(filled, source=f"{self.source}+{other.source}")
        return filled

    def with_frame(self, width: int) -> "Acquisition":
        """With pixel size and field width each derived from the other, for a frame of `width` pixels."""
        if self.pixel_size_nm is not None and self.field_width_um is None:
            return replace(self, field_width_um=scaled(self.pixel_size_nm, width / 1000))
        if self.pixel_size_nm is None and self.field_width_um is not None:
            return replace(self, pixel_size_nm=scaled(self.field_width_um, 1000 / width))
        return self

    def describe(self) -> str:
        """One line for the model's context; empty if nothing is known."""
        parts = [
            f"{self.kv:g} kV" if self.kv is not None else "",
            f"{self.magnification:.0f}x" if self.magnification is not None else "",
            f"working distance {self.working_distance_mm:.3g} mm"
            if self.working_distance_mm is not None
            else "",
            f"{self.detector.removesuffix(' detector')} detector" if self.detector else "",
            f"field width {_length(self.field_width_um)}" if self.field_width_um is not None else "",
        ]
        return ", ".join(part for part in parts if part)


NOTHING = Acquisition()
"""Nothing is known."""


def _length(micrometres: float) -> str:
    if micrometres >= 1000:
        return f"{micrometres / 1000:.3g} mm"
    return f"{micrometres:.3g} µm" if micrometres >= 1 else f"{micrometres * 1000:.3g} nm"
