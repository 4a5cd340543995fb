"""Quantize a checkpoint: the linear layers of its language model, to 4 or 8 bits a weight.

    python jobs/quantize.py --model nano --scheme w4a16 --output models/nano-w4a16
    python jobs/screen.py --model models/nano-w4a16 --input ARCHIVE --output runs/first

Exit status: 0, or 2 for a usage error.
"""

import sys
import tempfile
from pathlib import Path

from pydantic import BaseModel, ConfigDict

from slava.cli import UsageError, run
from slava.quantization import Scheme


class QuantizeConfig(BaseModel):
    """Quantize the language model of a sLAVA checkpoint, by GPTQ on drawn micrographs."""

    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)

    output: Path
    """New directory for the quantized checkpoint, in the compressed-tensors format."""
    scheme: Scheme
    """w4a16 (4-bit weights: the least memory) or w8a8 (8-bit weights and activations: the most speed)."""
    model: str = "nano"
    """nano, the directory of a checkpoint, or a hub id."""


def main(config: QuantizeConfig) -> int:
    """Make the checkpoint; its directory appears whole or not at all."""
    from slava.model.checkpoints import ModelError, find_checkpoint
    from slava.quantization.checkpoint import quantize

    if config.output.exists():
        raise UsageError(f"--output {config.output}: is there already; give a new directory")
    try:
        config.output.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=config.output.parent) as scratch:
            made = Path(scratch) / "checkpoint"
            quantize(find_checkpoint(config.model), made, config.scheme)
            made.rename(config.output)
    except ModelError as error:
        raise UsageError(str(error)) from error
    except OSError as error:
        raise UsageError(f"--output {config.output}: {error.strerror}") from error
    return 0


if __name__ == "__main__":
    sys.exit(run(QuantizeConfig, main, "jobs/quantize.py"))
