"""The experts that are served: looked at anew whenever their manifest changes."""

import logging
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from slava.model.checkpoints import weights_digest
from slava.mope.expert_set import ExpertSet, Mixture
from slava.mope.gate import Gate
from slava.mope.manifest import MANIFEST, ExpertError

log = logging.getLogger("ray.serve")


@dataclass
class ServedExperts:
    """A set of experts that may grow while it is served."""

    directory: Path
    base_digest: str
    text_config: Any
    max_rank: int
    """Of the largest mixture that the engine has room for."""
    current: ExpertSet = field(init=False)
    gate: Gate = field(init=False)
    _stamp: tuple[int, int] = field(init=False)

    def __post_init__(self) -> None:
        self._open()

    @classmethod
    def of(cls, directory: Path, checkpoint: Path, text_config: Any, max_rank: int) -> "ServedExperts":
        """Open the set for the model at `checkpoint`. Raises ExpertError."""
        return cls(directory, weights_digest(checkpoint), text_config, max_rank)

    def refresh(self) -> None:
        """Take up a set that was changed; one that does not fit is told of, and the old one served on."""
        if self._stamp == self._seen():
            return
        try:
            self._open()
        except ExpertError as error:
            self._stamp = self._seen()
            log.error("changed experts are not served: %s", error)

    def mixture(self, name: str) -> Mixture:
        """One expert for everything. Raises ExpertError."""
        return self.current.pinned(name)

    def _open(self) -> None:
        stamp = self._seen()
        found = ExpertSet.open(self.directory, self.base_digest, self.text_config)
        if found.max_rank > self.max_rank:
            raise ExpertError(
                f"{self.directory}: a mixture may have rank {found.max_rank}, the engine has room for "
                f"{self.max_rank}: restart the endpoint to make room"
            )
        self.current, self.gate, self._stamp = found, found.gate(), stamp

    def _seen(self) -> tuple[int, int]:
        try:
            found = (self.directory / MANIFEST).stat()
        except OSError:
            return (0, 0)
        return found.st_mtime_ns, found.st_size
