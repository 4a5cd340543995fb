"""From what the user calls a model to a directory with a checkpoint."""

import hashlib
import json
from pathlib import Path
from typing import Any


class ModelError(ValueError):
    """A model that cannot be had; the message says what to give instead."""


def find_checkpoint(model: str) -> Path:
    """The directory of `nano`, of a local checkpoint, or of a hub id that is downloaded once.

    Raises ModelError when there is no such directory, it holds no sLAVA, or the hub cannot be reached.
    """
    if model == "nano":
        from slava.model.nano import nano_directory

        return nano_directory()
    directory = Path(model).expanduser()
    if not directory.is_dir():
        directory = _download(model)
    kind = _config(directory, model).get("model_type")
    if kind != "slava":
        raise ModelError(
            f"--model {model}: a {kind!r} checkpoint, not a sLAVA one; "
            "convert a LLaVA-1.5 checkpoint with: python -m slava.model.llava SOURCE TARGET"
        )
    return directory.absolute()


def weights_digest(directory: Path) -> str:
    """SHA-256 over the weight files, in the order of their names."""
    digest = hashlib.sha256()
    for path in sorted(directory.glob("*.safetensors")):
        with path.open("rb") as file:
            digest.update(hashlib.file_digest(file, "sha256").digest())
    return digest.hexdigest()


def _config(directory: Path, model: str) -> dict[str, Any]:
    path = directory / "config.json"
    if not path.is_file():
        raise ModelError(f"--model {model}: no config.json in {directory}: not a checkpoint")
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except ValueError as error:
        raise ModelError(f"--model {model}: config.json in {directory} is not JSON: {error}") from error
    if not isinstance(content, dict):
        raise ModelError(f"--model {model}: config.json in {directory} holds no settings: not a checkpoint")
    return content


def _download(model: str) -> Path:
    if model.count("/") != 1 or model.startswith((".", "/", "~")):
        raise ModelError(
            f"--model {model}: no such directory; give nano, a checkpoint's directory, or a hub id ORG/NAME"
        )
    from huggingface_hub import snapshot_download

    try:
        return Path(
            snapshot_download(model, allow_patterns=["*.json", "*.safetensors", "*.jinja", "*.model"])
        )
    except (OSError, ValueError) as error:
        # What huggingface_hub raises when it cannot reach the hub is of several kinds, all of these two.
        raise ModelError(
            f"--model {model}: no such directory here, and the hub did not give it ({type(error).__name__}); "
            "on a machine without a hub, copy the checkpoint and give its directory"
        ) from error
