"""What the endpoint can be told: `serve run serve.app:app NAME=VALUE ...`, or `args` in serve/config.yaml."""

from pathlib import Path
from typing import Annotated, Literal

from annotated_types import Ge, Gt, Le
from pydantic import BaseModel, ConfigDict


class ServeConfig(BaseModel):
    """Answer questions about electron micrographs over HTTP."""

    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)

    model: str = "nano"
    """nano, the directory of a checkpoint, or a hub id."""
    quantization: Literal["none", "w4a16", "w8a8"] = "none"
    """Bits of the language model's weights and activations; the quantized twin is made once and kept."""
    experts: str | None = None
    """Folder that jobs/finetune.py wrote; `none` for the base alone. By default the model's own experts.
    Experts that are added to it are served without a restart."""
    archive: str | None = None
    """Output of a screening by the same model, in which /v1/similar looks; rows that are added are found
    within a minute or two."""
    keys: Path | None = None
    """File of API keys, made by `python -m serve.keys`; read anew whenever it changes."""
    open: bool = False
    """Answer without a key, whoever asks. Without this and without keys only this machine is answered."""
    origins: tuple[str, ...] = ()
    """Addresses of web pages (`https://portal.fab.example`) whose scripts may ask."""

    image_hosts: tuple[str, ...] = ()
    """Hosts on the public network from which images may be fetched by their address; none by default."""

    max_body_mb: Annotated[int, Ge(1), Le(1024)] = 64
    """Of one request, in MB."""
    max_images: Annotated[int, Ge(1), Le(16)] = 8
    """Micrographs in one request."""
    max_pixels: Annotated[int, Ge(10_000)] = 50_000_000
    """Of one image file, all its pages together."""
    max_tokens: Annotated[int, Ge(1), Le(4096)] = 512
    """Of one answer."""
    max_context: Annotated[int, Ge(256)] = 2048
    """Tokens of question, micrographs and answer together."""
    requests_a_minute: Annotated[int, Ge(1)] = 600
    """For each key, and each replica of the ingress."""
    max_in_flight: Annotated[int, Ge(1)] = 24
    """Requests that a replica of the ingress works on; more are sent away with 503 and Retry-After."""
    timeout_s: Annotated[float, Gt(0)] = 120.0
    """For one answer, from its admission to its last word."""

    ingress_replicas: Annotated[int, Ge(1)] = 1
    """Of the part that speaks HTTP."""
    max_towers: Annotated[int, Ge(1)] = 1
    """Most replicas of the vision tower and gate; they scale between one and this many."""
    max_engines: Annotated[int, Ge(1)] = 1
    """Most vLLM engines; each takes a GPU where there is one."""
    tower_batch: Annotated[int, Ge(1), Le(256)] = 8
    """Micrographs that the tower sees at once."""
    tower_wait_s: Annotated[float, Ge(0), Le(1)] = 0.005
    """Time that a micrograph waits for others to share its batch."""
