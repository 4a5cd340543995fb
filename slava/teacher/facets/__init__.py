"""What the measuring teacher can ask and answer, one facet a file."""

from collections.abc import Callable, Iterator

from slava.teacher.facets import application, arrangement, defects, instrument, morphology, size, surface
from slava.teacher.facets.subject import Subject
from slava.teacher.triples import Triple

ASKERS: tuple[Callable[[Subject], Iterator[Triple]], ...] = (
    morphology.ask,
    size.ask,
    arrangement.ask,
    surface.ask,
    defects.ask,
    instrument.ask,
    application.ask,
)

__all__ = ["ASKERS", "Subject"]
