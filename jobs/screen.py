"""Screen archives of micrographs, on a Ray cluster or on this machine.

    python jobs/screen.py --input ARCHIVE --output runs/first
    ray job submit --address http://127.0.0.1:8265 --working-dir . -- \\
        python jobs/screen.py --input s3://fab/lot-42/ --output s3://fab/screened/lot-42 --task classify

Exit status: 0; 1 when more than --max-error-rate of the inputs failed, or when a worker died again and again;
2 for a usage error.
"""

import shlex
import sys
import uuid
from datetime import UTC, datetime

from slava import machine, tasks
from slava.archives import InputError, Shard, list_shards
from slava.cli import UsageError, run
from slava.mope.manifest import ExpertError
from slava.report import RunInfo, Summary, summary_table, write_report
from slava.results import ClaimError, Output, claim, open_output
from slava.screening import done
from slava.screening.config import ScreenConfig
from slava.screening.counting import count_inputs
from slava.screening.progress import Progress


def main(config: ScreenConfig) -> int:
    """Check everything, then screen, then report."""
    labels, shards, output = _checked(config)
    from slava.model.checkpoints import ModelError

    try:
        if config.dry_run:
            return _dry_run(config, labels, shards)
        summary = screen(config, labels, shards, output)
    except (ModelError, ExpertError, ClaimError) as error:
        raise UsageError(str(error)) from error
    print(summary_table(summary), end="", flush=True)
    return 1 if summary.verdict == "failed" else 0


def screen(config: ScreenConfig, labels: tuple[str, ...], shards: list[Shard], output: Output) -> Summary:
    """Run the whole screening and write its report."""
    from slava.screening.session import Session

    started = datetime.now(UTC)
    session = Session.open(config, labels)
    finished = _resume(config, output, session.settings(config))
    total = count_inputs(shards)
    asked = f"{total or 'unknown many'} inputs, {config.task} with {config.model}"
    print(f"{asked}; starting takes a minute or more", flush=True)
    run_id = f"{started:%Y%m%dT%H%M%S}-{uuid.uuid4().hex[:6]}"
    left = None if total is None else max(total - len(finished.keys), 0)
    expected = None if left is None else min(left, config.limit or left)
    seen = session.run(config, shards, finished, output, run_id, Progress(expected))
    facts = RunInfo(
        run_id=run_id,
        task=config.task,
        question=config.question,
        model=config.model,
        model_digest=session.digest,
        command=shlex.join(["python", *sys.argv]),
        machine=machine.describe(),
        output=config.output,
        started_at=started,
        finished_at=datetime.now(UTC),
        max_error_rate=config.max_error_rate,
        inputs=max(seen, expected or 0),
    )
    return write_report(output, facts)


def _resume(config: ScreenConfig, output: Output, settings: dict[str, object]) -> done.Done:
    """Take the output folder, and see what is done. Raises ClaimError and UsageError."""
    try:
        claim(output, done.SETTINGS, settings)
        finished = done.find_done(output)
        done.clear_dead_letters(output)
    except OSError as error:
        raise UsageError(f"--output {config.output}: {error}") from error
    return finished


def _checked(config: ScreenConfig) -> tuple[tuple[str, ...], list[Shard], Output]:
    """Everything that can be wrong before a model is loaded. Raises UsageError."""
    try:
        labels = config.label_set()
        return labels, list_shards(config.input), open_output(config.output)
    except (tasks.LabelError, InputError, ExpertError) as error:
        raise UsageError(str(error)) from error
    except ValueError as error:  # Arrow's errors are ValueErrors
        raise UsageError(f"--output {config.output}: {error}") from error


def _dry_run(config: ScreenConfig, labels: tuple[str, ...], shards: list[Shard]) -> int:
    from slava.screening.estimate import estimate

    print("\n".join(estimate(config, labels, shards)))
    return 0


if __name__ == "__main__":
    sys.exit(run(ScreenConfig, main, "jobs/screen.py"))
