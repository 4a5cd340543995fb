"""One labelled image of a data set."""

from dataclasses import dataclass


class DatasetError(ValueError):
    """A folder that is no data set of the wanted layout; the message is one line: what, where, what to do."""


@dataclass(frozen=True, order=True)
class Example:
    """An image and its true class."""

    uri: str
    """The file, as a screening's results name it."""
    label: str
