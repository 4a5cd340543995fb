"""A trained set of experts on the disk.

DIR/manifest.json            what it is, with digests and metrics
DIR/router.safetensors       the gate
DIR/experts/NAME/            a PEFT adapter each
DIR/composed/NAME+NAME@3+1/  mixtures, made when first needed
"""

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import load_file, save_file
from torch import Tensor

from slava.mope.adapters import (
    Adapter,
    adapter_digest,
    check_adapter,
    composed,
    load_adapter,
    save_adapter,
)
from slava.mope.gate import STEPS, Gate
from slava.mope.manifest import MANIFEST, ExpertError, Manifest, read_manifest

ROUTER = "router.safetensors"
OWN_EXPERTS = "experts"
"""Folder of a checkpoint with experts that belong to it."""


@dataclass(frozen=True)
class Mixture:
    """What answers about one micrograph: an expert, or several with their weights."""

    name: str
    """`NAME`, or `NAME:0.75+NAME:0.25`."""
    directory: Path
    digest: str


@dataclass(frozen=True)
class ExpertSet:
    """The experts of one directory, checked."""

    directory: Path
    manifest: Manifest

    @classmethod
    def open(cls, directory: Path, base_digest: str, text_config: Any) -> "ExpertSet":
        """Read and check a set for the model with these weights. Raises ExpertError."""
        found = cls(directory, read_manifest(directory))
        if found.manifest.base_digest != base_digest:
            raise ExpertError(
                f"{directory}: experts of another model ({found.manifest.base}, "
                f"{found.manifest.base_digest[:12]}), this one is {base_digest[:12]}: "
                "give the model they were trained on, or train them anew"
            )
        if router_digest(directory) != found.manifest.router_digest:
            raise ExpertError(
                f"{directory / ROUTER}: not the file that {MANIFEST} tells of: copy the set anew"
            )
        for entry in found.manifest.experts:
            place = directory / "experts" / entry.name
            if adapter_digest(place) != entry.digest:
                raise ExpertError(f"{place}: not the adapter that {MANIFEST} tells of: copy the set anew")
            check_adapter(load_adapter(place), text_config, place)
        return found

    @property
    def names(self) -> list[str]:
        """The experts, in the order of the gate's outputs."""
        return [entry.name for entry in self.manifest.experts]

    @cached_property
    def digest(self) -> str:
        """Of the whole set."""
        return hashlib.sha256((self.directory / MANIFEST).read_bytes()).hexdigest()

    @property
    def max_rank(self) -> int:
        """Of the largest mixture that can occur."""
        ranks = sorted((entry.rank for entry in self.manifest.experts), reverse=True)
        return sum(ranks[: self.manifest.top_k])

    def gate(self) -> Gate:
        """The gate, for the mean word embedding of a question beside pooled features."""
        tensors = load_file(self.directory / ROUTER)
        experts, features = tensors["linear.weight"].shape
        gate = Gate(features, experts, self.manifest.top_k)
        gate.load_state_dict({name: tensors[name] for name in gate.state_dict()})
        return gate.eval()

    def adapter(self, name: str) -> Adapter:
        """The weights of one expert."""
        return load_adapter(self.directory / "experts" / name)

    def pinned(self, name: str) -> Mixture:
        """One expert for everything. Raises ExpertError for one that is not in the set."""
        entries = {entry.name: entry for entry in self.manifest.experts}
        if name not in entries:
            raise ExpertError(f"--expert {name}: {self.directory} has {', '.join(entries)}")
        return Mixture(name, self.directory / "experts" / name, entries[name].digest)

    def mixture(self, weights: Sequence[float]) -> Mixture:
        """The mixture with these weights, in steps; composed and written when it is first needed.

        `DIR` must then be writable, and on a cluster the same folder for every node.
        """
        parts = [
            (entry, weight) for entry, weight in zip(self.manifest.experts, weights, strict=True) if weight
        ]
        if len(parts) == 1:
            return self.pinned(parts[0][0].name)
        quarters = [round(weight * STEPS) for _, weight in parts]
        name = "+".join(f"{entry.name}:{weight:g}" for entry, weight in parts)
        told = json.dumps(
            [[entry.digest, quarter] for (entry, _), quarter in zip(parts, quarters, strict=True)]
        )
        digest = hashlib.sha256(told.encode()).hexdigest()
        folder = f"{'+'.join(entry.name for entry, _ in parts)}@{'+'.join(map(str, quarters))}-{digest[:8]}"
        directory = self.directory / "composed" / folder
        if not directory.is_dir():
            whole = composed([(self.adapter(entry.name), weight) for entry, weight in parts])
            # Weighted and rounded once more, it would no longer compute what the training did.
            save_adapter(whole, directory, self.manifest.scale, self.manifest.base, torch.float32)
        return Mixture(name, directory, digest)


def experts_directory(named: str | None, checkpoint: Path) -> Path | None:
    """The folder of the experts that were named, or of the checkpoint's own; None for the base alone."""
    if named == "none":
        return None
    own = checkpoint / OWN_EXPERTS
    if named is None:
        return own if own.is_dir() else None
    return Path(named).expanduser().absolute()


def save_router(gate: Gate, directory: Path, replay_NF: Tensor, matching_head: dict[str, Tensor]) -> str:
    """Write the gate, features it saw (to widen it later) and the matching head; the file's digest."""
    tensors = {**gate.state_dict(), "replay": replay_NF.to(torch.float16)}
    tensors |= {f"matching_head.{name}": value for name, value in matching_head.items()}
    save_file({name: value.cpu().contiguous() for name, value in tensors.items()}, directory / ROUTER)
    return router_digest(directory)


def load_replay(directory: Path) -> Tensor:
    """Features [N, F] of the data that a set's gate was trained on."""
    return load_file(directory / ROUTER)["replay"].float()


def router_digest(directory: Path) -> str:
    """SHA-256 of the router's file. Raises ExpertError."""
    try:
        with (directory / ROUTER).open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        raise ExpertError(f"{directory / ROUTER}: {error.strerror}") from error
