"""What is known of a micrograph for certain enough to doubt a teacher's words by it."""

from dataclasses import asdict, dataclass
from typing import Any

from slava.micrographs import Micrograph
from slava.teacher.measuring import Measurements


@dataclass(frozen=True)
class Known:
    """Plain values, as JSON carries them; None where nothing is known."""

    label: str | None
    """The class, which teachers are told and students are not: the symbolic anchor."""
    file_names: tuple[str, ...]
    """The last parts of the URI and of the member's name."""
    count: tuple[int, int] | None = None
    """Least and most objects."""
    diameter_nm: float | None = None
    """Mean of the objects'."""
    field_nm: float | None = None
    """Width of the picture on the sample."""
    kv: float | None = None
    magnification: float | None = None
    working_distance_mm: float | None = None

    @classmethod
    def of(
        cls, micrograph: Micrograph, found: Measurements, label: str | None, uri: str, member: str | None
    ) -> "Known":
        """What measurements and instrument say."""
        objects, pixel, taken = found.objects, found.pixel_size_nm, micrograph.acquisition
        return cls(
            label=label,
            file_names=tuple(name.rpartition("/")[2] for name in (uri, member) if name),
            count=(objects.least, objects.most) if objects else None,
            diameter_nm=float(objects.diameters.mean()) * pixel if objects and pixel else None,
            field_nm=found.width * pixel if pixel else None,
            kv=taken.kv,
            magnification=taken.magnification,
            working_distance_mm=taken.working_distance_mm,
        )

    def to_dict(self) -> dict[str, Any]:
        """JSON types."""
        return asdict(self)

    @classmethod
    def from_dict(cls, fields: dict[str, Any]) -> "Known":
        """The inverse of `to_dict`, after a way through JSON."""
        count = fields["count"]
        return cls(
            **{**fields, "file_names": tuple(fields["file_names"]), "count": tuple(count) if count else None}
        )
