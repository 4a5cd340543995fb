"""All that is measured of one micrograph."""

from dataclasses import dataclass

from slava.micrographs import Micrograph
from slava.teacher.measuring.grey import to_grey
from slava.teacher.measuring.objects import Objects, find_objects
from slava.teacher.measuring.orientation import Orientation, find_orientation
from slava.teacher.measuring.phases import Phases, find_phases
from slava.teacher.measuring.texture import Texture, find_texture


@dataclass(frozen=True, eq=False)
class Measurements:
    """What was measured, in pixels of the picture; None where a measurement is not to be trusted."""

    width: int
    height: int
    pixel_size_nm: float | None
    """None: lengths are known in pixels only."""
    objects: Objects | None
    orientation: Orientation
    phases: Phases | None
    texture: Texture


def measure(micrograph: Micrograph) -> Measurements:
    """Measure a micrograph: about a second for a million pixels."""
    grey, factor = to_grey(micrograph.pixels)
    height, width = micrograph.pixels.shape[:2]
    return Measurements(
        width=width,
        height=height,
        pixel_size_nm=micrograph.acquisition.pixel_size_nm,
        objects=find_objects(grey, factor),
        orientation=find_orientation(grey),
        phases=find_phases(grey),
        texture=find_texture(grey, factor),
    )
