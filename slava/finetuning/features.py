"""The visual features of the training data: computed once, and kept in safetensors files.

DIR/00000.safetensors    tokens [N, T, H], pooled [N, P]; who they are of, as JSON in its metadata
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from safetensors import safe_open
from safetensors.torch import save_file
from torch import Tensor

ROWS_A_FILE = 256
KEPT = ("uri", "member", "page", "pages", "image_id", "context")
"""What is kept of a picture's record."""


@dataclass(frozen=True)
class Seen:
    """One picture, and where its features lie."""

    uri: str
    member: str | None
    image_id: str
    context: str
    file: str
    row: int


class FeatureWriter:
    """Collects rows, and writes each file whole: under another name first."""

    def __init__(self, directory: Path, token_shape: tuple[int, int]) -> None:
        self.directory, self.token_shape = directory, token_shape
        directory.mkdir(parents=True, exist_ok=True)
        self.files = 1 + max((int(path.stem) for path in directory.glob("*.safetensors")), default=-1)
        self.rows: list[dict[str, Any]] = []
        self.tokens: list[NDArray[np.float32]] = []
        self.pooled: list[NDArray[np.float32]] = []

    def __enter__(self) -> "FeatureWriter":
        return self

    def __exit__(self, *_: object) -> None:
        self.flush()

    def add(self, record: dict[str, Any], tokens: bytes, pooled: bytes) -> None:
        """Take over the features of one picture, as the encoder gave them (float32)."""
        self.rows.append({name: record[name] for name in KEPT})
        self.tokens.append(np.frombuffer(tokens, np.float32).reshape(self.token_shape))
        self.pooled.append(np.frombuffer(pooled, np.float32))
        if len(self.rows) == ROWS_A_FILE:
            self.flush()

    def flush(self) -> None:
        """Write what was collected."""
        if not self.rows:
            return
        tensors = {
            "tokens": _shortened(torch.from_numpy(np.stack(self.tokens))),
            "pooled": torch.from_numpy(np.stack(self.pooled)),
        }
        part = self.directory / f"{self.files:05d}.part"
        save_file(tensors, part, metadata={"rows": json.dumps(self.rows)})
        part.rename(part.with_suffix(".safetensors"))
        self.files += 1
        self.rows, self.tokens, self.pooled = [], [], []


class FeatureStore:
    """Reads features back, row by row, without loading whole files."""

    def __init__(self, directory: Path) -> None:
        self.files: dict[str, Any] = {
            path.name: safe_open(path, "pt") for path in sorted(directory.glob("*.safetensors"))
        }

    def rows(self) -> Iterator[tuple[dict[str, Any], str, int]]:
        """What was kept of every picture, with its file and its row there."""
        for name, file in self.files.items():
            for number, row in enumerate(json.loads(file.metadata()["rows"])):
                yield row, name, number

    def seen(self) -> list[Seen]:
        """Every picture of the store."""
        return [
            Seen(row["uri"], row["member"], row["image_id"], row["context"] or "", name, number)
            for row, name, number in self.rows()
        ]

    def tokens(self, places: list[tuple[str, int]]) -> Tensor:
        """Image tokens [B, T, H], float32."""
        return torch.stack([self.files[name].get_slice("tokens")[row].float() for name, row in places])

    def pooled(self, places: list[tuple[str, int]]) -> Tensor:
        """Pooled features [B, P], float32."""
        return torch.stack([self.files[name].get_slice("pooled")[row] for name, row in places])


def _shortened(tokens: Tensor) -> Tensor:
    """In bfloat16 where that loses nothing, as of a tower that computes in it: of 7b, 5 MB a micrograph."""
    short = tokens.bfloat16()
    return short if torch.equal(short.float(), tokens) else tokens
