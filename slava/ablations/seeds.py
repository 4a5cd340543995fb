"""Variants tried with several seeds, into one file that says what was done."""

import json
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from slava import machine
from slava.cli import UsageError

Runs = dict[str, dict[str, dict[str, float]]]
"""Figures by variant and seed."""


def tried(
    path: Path,
    settings: dict[str, Any],
    variants: Sequence[str],
    seeds: int,
    at_once: int,
    trial: Callable[[str, int], dict[str, float]],
) -> Runs:
    """Every variant with every seed. What the file holds already is not done again.

    Raises UsageError for a file that was begun with other settings.
    """
    begun = {"machine": machine.describe(), "begun_at": datetime.now(UTC).isoformat(timespec="seconds")}
    figures = json.loads(path.read_text()) if path.is_file() else {"runs": {}} | settings | begun
    changed = [name for name, value in settings.items() if figures.get(name, value) != value]
    if changed:
        raise UsageError(f"{path}: begun with another {', '.join(changed)}: give another file")
    runs: Runs = {name: figures["runs"].get(name, {}) for name in variants}
    missing = [(name, seed) for seed in range(seeds) for name in variants if str(seed) not in runs[name]]
    with ThreadPoolExecutor(at_once) as pool:
        trials = {pool.submit(trial, name, seed): (name, seed) for name, seed in missing}
        for done in as_completed(trials):
            name, seed = trials[done]
            runs[name][str(seed)] = done.result()
            path.write_text(json.dumps(figures | {"runs": figures["runs"] | runs}, indent=2) + "\n")
            print(f"{name}, seed {seed}: {runs[name][str(seed)]}", flush=True)
    return runs
