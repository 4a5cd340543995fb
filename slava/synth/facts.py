"""What is known, exactly, of a drawn micrograph."""

from __future__ import annotations

import dataclasses
from typing import Any

from slava.tasks.labels import NFFA_LABELS

LABELS: tuple[str, ...] = NFFA_LABELS
"""The ten classes of the NFFA-Europe set (Aversa et al., Scientific Data 2018), in its order."""


@dataclasses.dataclass(frozen=True)
class Facts:
    """The truth about one picture, as it is in the frame: after cropping, tilt and occlusion.

    An object counts when at least `slava.synth.scene.VISIBLE_PIXELS` of its pixels are to be seen;
    objects cut by the frame count, objects hidden behind others do not.
    """

    label: str
    """One of `LABELS`."""
    submode: str
    """The recipe that drew the scene, e.g. "hexagonal_monolayer"."""
    objects: str
    """What `count` counts and `coverage` covers, in the plural, e.g. "spheres"."""
    count: int | None
    """Objects in sight; None where counting makes no sense."""
    size_kind: str
    """What the sizes measure, e.g. "particle diameter" or "pitch"."""
    size_nm_mean: float | None
    """Mean size of the objects in sight, in nanometres."""
    size_nm_std: float | None
    """Standard deviation of the sizes, in nanometres."""
    shape: str
    """The objects' shape in words, e.g. "hexagonal plates"."""
    orientation_deg: float | None
    """Dominant direction, 0 to 180, anticlockwise from the horizontal; None if isotropic."""
    coverage: float | None
    """Share of the frame that the objects cover, 0 to 1; None where senseless."""
    defects: tuple[str, ...]
    """Among "crack", "missing element", "contamination", "charging", "dust", "scratch" and the like."""
    tilt_deg: float
    """Angle of the stage, degrees; 0 looks straight down."""
    pixel_size_nm: float
    """Width of one pixel, nanometres."""
    field_width_um: float
    """Width of the frame, micrometres."""
    kv: float
    """Acceleration voltage, kV."""
    working_distance_mm: float
    """Working distance, mm."""
    magnification: float
    """Magnification on a display 127 mm wide."""
    detector: str
    """"SE2", "InLens", "BSE", "ETD", "TLD", "LFD" or "SED"."""

    def to_dict(self) -> dict[str, Any]:
        """A dictionary of JSON types."""
        return {**dataclasses.asdict(self), "defects": list(self.defects)}

    @classmethod
    def from_dict(cls, record: dict[str, Any]) -> Facts:
        """The inverse of `to_dict`; TypeError on missing or unknown keys."""
        return cls(**{**record, "defects": tuple(record["defects"])})
