"""The losses as they come: a file that the driver follows, and TensorBoard's."""

import json
import threading
import time
from collections.abc import Sequence
from pathlib import Path
from typing import IO, Any

SECONDS_A_LINE = 10.0
SMOOTHED = 20
LOSSES = ("language", "matching", "balance")


class Journal:
    """Written by the first worker, step by step. Use as a context manager."""

    def __init__(self, path: Path, writes: bool, history: list[dict[str, float]]) -> None:
        self.path, self.writes, self.history = path, writes, history

    def __enter__(self) -> "Journal":
        self.file: IO[str] | None = None
        if self.writes:
            from tensorboardX import SummaryWriter

            # What a training that was stopped had written beyond its last checkpoint is written anew.
            self.file = self.path.open("w")
            self.board = SummaryWriter(str(self.path.parent / "tensorboard"), purge_step=len(self.history))
        return self

    def __exit__(self, *_: object) -> None:
        if self.file:
            self.file.close()
            self.board.close()

    def add(self, losses: dict[str, float], steps: int) -> None:
        """The losses of a step."""
        self.history.append(losses)
        if self.file:
            for name in LOSSES:
                self.board.add_scalar(name, losses[name], int(losses["step"]))
            print(json.dumps({**losses, "steps": steps}), file=self.file, flush=True)


class Follower:
    """Prints how a training goes on, while another process trains. Use as a context manager."""

    def __init__(self, path: Path) -> None:
        self.path, self.over = path, threading.Event()
        self.thread = threading.Thread(target=self._follow, daemon=True)

    def __enter__(self) -> "Follower":
        self.path.unlink(missing_ok=True)
        self.thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.over.set()
        self.thread.join()

    def _follow(self) -> None:
        told = -1
        while not self.over.wait(SECONDS_A_LINE):
            lines = _read(self.path)
            if lines and lines[-1]["step"] != told:
                told = lines[-1]["step"]
                print(line(lines), flush=True)


def line(recent: Sequence[dict[str, Any]]) -> str:
    """The last steps in words, with what is left."""
    last = recent[-1]
    tail = recent[-SMOOTHED:]
    losses = ", ".join(f"{name} {_mean(tail, name):.3f}" for name in LOSSES)
    each = _mean(tail, "seconds")
    left = time.strftime("%H:%M:%S", time.gmtime((last["steps"] - last["step"] - 1) * each))
    return f"step {last['step'] + 1:,} of {last['steps']:,}: {losses}; {each:.1f} s a step, {left} left"


def _mean(rows: Sequence[dict[str, Any]], name: str) -> float:
    return sum(float(row[name]) for row in rows) / len(rows)


def _read(path: Path) -> list[dict[str, Any]]:
    if not path.is_file():
        return []
    whole = [text for text in path.read_text().splitlines(keepends=True) if text.endswith("\n")]
    return [json.loads(text) for text in whole]
