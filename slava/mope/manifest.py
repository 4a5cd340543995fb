"""The readable half of an expert set: `manifest.json`."""

from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, ValidationError

MANIFEST = "manifest.json"


class ExpertError(ValueError):
    """Experts that cannot be had or do not fit; the message says which, why, and what to do."""


class ExpertEntry(BaseModel):
    """One expert of the set."""

    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)

    name: str
    """Also its directory's, under `experts/`."""
    rank: int
    """Of its adapter."""
    digest: str
    """SHA-256 of its adapter_model.safetensors."""
    share: float
    """Of the training data, by the gate's weights."""


class Manifest(BaseModel):
    """What an expert set is, of which model, and how it was made."""

    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)

    format: Literal[1] = 1
    """Of this file."""
    base: str
    """The model that the experts belong to, as the training was told."""
    base_digest: str
    """Digest of its weights."""
    experts: tuple[ExpertEntry, ...]
    """In the order of the gate's outputs."""
    top_k: int
    """Experts that take part in one answer."""
    scale: float
    """Of every adapter: lora_alpha / r."""
    router_digest: str
    """SHA-256 of router.safetensors."""
    labels: tuple[str, ...]
    """The classes of the training data; none for instruction data."""
    label_temperature: float
    """Calibrates the probabilities of labels (Guo et al. 2017)."""
    metrics: dict[str, Any]
    """Measured on the data kept aside."""
    recipe: dict[str, Any]
    """The configuration of the training."""


def read_manifest(directory: Path) -> Manifest:
    """The manifest of a set of experts. Raises ExpertError."""
    path = directory / MANIFEST
    try:
        return Manifest.model_validate_json(path.read_bytes())
    except OSError as error:
        raise ExpertError(f"{path}: {error.strerror}: give the folder that jobs/finetune.py wrote") from error
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(map(str, first["loc"]))
        raise ExpertError(f"{path}: {where}: {first['msg']}") from error
