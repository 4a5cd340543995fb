"""Quantized checkpoints in the user's cache, each made once."""

import hashlib
import os
import sys
import tempfile
from importlib.metadata import version
from pathlib import Path

from slava.appearing import appear
from slava.quantization import Scheme


def quantized(checkpoint: Path, scheme: Scheme) -> Path:
    """The checkpoint's quantized twin, made on first use (minutes for nano) in the user's cache.

    Raises ModelError when it cannot be quantized.
    """
    cache = Path(os.environ.get("XDG_CACHE_HOME", Path.home() / ".cache")) / "slava"
    directory = cache / f"{scheme}-{_digest(checkpoint)[:16]}"
    if not directory.is_dir():
        from slava.quantization.checkpoint import quantize

        print(f"quantizing {checkpoint.name} to {scheme}, once, in {cache}", file=sys.stderr, flush=True)
        cache.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=cache) as scratch:
            made = Path(scratch) / "checkpoint"
            quantize(checkpoint, made, scheme)
            appear(made, directory)
    return directory


def _digest(checkpoint: Path) -> str:
    """Of the checkpoint's files, of this room's code, and of the library that packs the weights."""
    digest = hashlib.sha256(version("compressed-tensors").encode())
    for path in sorted([*checkpoint.iterdir(), *Path(__file__).parent.glob("*.py")]):
        if path.is_file():
            digest.update(path.name.encode())
            with path.open("rb") as file:
                digest.update(hashlib.file_digest(file, "sha256").digest())
    return digest.hexdigest()
