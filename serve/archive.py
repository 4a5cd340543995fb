"""The archive of /v1/similar, to which a screening may go on writing while it is served."""

import logging
import time
from concurrent.futures import Future, ThreadPoolExecutor

import numpy as np
from numpy.typing import NDArray

from slava.results import result_files
from slava.similarity import Archive, ArchiveError, Neighbour

REFRESH_S = 60.0
"""A new file of results is looked for no more often."""
log = logging.getLogger("ray.serve")


class ServedArchive:
    """Looked at anew, beside the requests, when its files changed; both are in memory until then.

    Raises ArchiveError when it is opened first.
    """

    def __init__(self, uri: str, model_digest: str) -> None:
        self.uri, self.model_digest = uri, model_digest
        self.current = Archive.open(uri, model_digest)
        self._files = result_files(self.current.output)
        self._looked = time.monotonic()
        self._thread = ThreadPoolExecutor(1, "archive")
        self._looking: Future[None] | None = None

    def nearest(self, features_D: NDArray[np.float32], limit: int) -> list[Neighbour]:
        """As `Archive.nearest`, in what was read last."""
        self._look()
        return self.current.nearest(features_D, limit)

    def _look(self) -> None:
        if time.monotonic() - self._looked < REFRESH_S or (self._looking and not self._looking.done()):
            return
        self._looked = time.monotonic()
        self._looking = self._thread.submit(self._refresh)

    def _refresh(self) -> None:
        """What does not fit is told of, and the old one served on; it is tried again at the next look."""
        try:
            files = result_files(self.current.output)
            if files != self._files:
                self.current, self._files = Archive.open(self.uri, self.model_digest), files
        except (ArchiveError, OSError) as error:
            log.error("a changed archive is not served: %s", error)
