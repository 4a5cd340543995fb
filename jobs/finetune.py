"""Fine-tune sLAVA on a plant's own micrographs: a mixture of experts, on a Ray cluster or on this machine.

    python jobs/finetune.py --data FOLDER_OF_CLASS_FOLDERS --output runs/experts
    python jobs/finetune.py --data runs/instructions/conversations.parquet --output runs/experts --experts 2
    python jobs/finetune.py --data NEW_CLASSES --extend runs/experts --add-expert etch --output runs/more
    python jobs/screen.py --input ARCHIVE --experts runs/experts --output runs/screened

The same command again resumes; with a smaller --rank, after the end, it writes the experts at that rank
into the folder rank-R of the output. Exit status: 0; 1 for a training that failed; 2 for a usage error.
"""

import sys
from pathlib import Path
from typing import TYPE_CHECKING

from slava.archives import InputError
from slava.cli import UsageError, run
from slava.datasets import DatasetError
from slava.finetuning.config import FinetuneConfig
from slava.finetuning.samples import DataError

if TYPE_CHECKING:
    from slava.finetuning.session import Session
    from slava.mope.manifest import Manifest


def main(config: FinetuneConfig) -> int:
    """Check everything, compute the features, train, and write the experts."""
    from slava.finetuning.session import Session
    from slava.finetuning.states import StateError
    from slava.finetuning.training import TrainingError
    from slava.model.checkpoints import ModelError
    from slava.mope.manifest import ExpertError

    try:
        return finetune(Session.open(config))
    except (DataError, DatasetError, InputError, ModelError, ExpertError, StateError) as error:
        raise UsageError(str(error)) from error
    except TrainingError as error:
        print(f"jobs/finetune.py: {error}", file=sys.stderr)
        return 1
    except OSError as error:  # a full disk, most of all; what is kept was kept whole
        where = f" ({error.filename})" if error.filename else ""
        print(
            f"jobs/finetune.py: {error.strerror}{where}: the same command goes on from there", file=sys.stderr
        )
        return 1


def finetune(session: "Session") -> int:
    """From the images to the experts."""
    changed = session.claim()
    finished = session.finished()
    if finished and changed == ["rank"] and session.config.rank < finished.experts[0].rank:
        session.write_smaller()
        return 0
    if changed:
        raise UsageError(
            f"--output {session.output}: a training with other settings ({', '.join(changed)}): "
            "give another folder"
        )
    if not finished:
        curriculum = session.look()
        print(f"{len(curriculum.train)} samples to learn, {len(curriculum.held_out)} kept aside", flush=True)
        finished = session.train()
    print(summary(finished, session.output), flush=True)
    return 0


def summary(manifest: "Manifest", output: Path) -> str:
    """What came out, in a few lines."""
    figures = [
        f"{name} {value:.4g}" for name, value in manifest.metrics.items() if isinstance(value, int | float)
    ]
    experts = [f"  {e.name:<20} rank {e.rank:<3} {100 * e.share:.0f} % of the data" for e in manifest.experts]
    return "\n".join([*experts, "  ".join(figures), str(output)])


if __name__ == "__main__":
    sys.exit(run(FinetuneConfig, main, "jobs/finetune.py"))
