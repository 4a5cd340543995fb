"""The checkpoints that earlier runs of a training have left.

Ray Train keeps a list of its checkpoints (SNAPSHOT) and goes on from it by itself. That list is written
in place, so that a full disk leaves it empty, and a folder missing from it is an error: in both cases
Ray's controller dies at the next start (seen with Ray 2.60). A run here therefore begins without
the list, and goes on from the newest checkpoint that is whole.
"""

import shutil
from pathlib import Path

from slava.finetuning.states import StateError, check_state

SNAPSHOT = "checkpoint_manager_snapshot.json"
KEPT_CHECKPOINTS = 2


def go_on_from(folder: Path) -> Path | None:
    """The newest whole checkpoint in `folder`, which is tidied: none of the damaged and the oldest stay."""
    (folder / SNAPSHOT).unlink(missing_ok=True)
    whole = [found for found in sorted(folder.glob("checkpoint_*"), reverse=True) if _whole(found)]
    for old in whole[KEPT_CHECKPOINTS:]:
        shutil.rmtree(old)
    return whole[0] if whole else None


def _whole(checkpoint: Path) -> bool:
    try:
        check_state(checkpoint)
    except StateError as error:
        print(f"{error}; going on from the one before", flush=True)
        shutil.rmtree(checkpoint)
        return False
    return True
