"""What the gate sees of a question: the mean of its word embeddings.

Read from the checkpoint row by row: routing needs a few dozen rows of a matrix of 49,152.
"""

from collections.abc import Sequence
from pathlib import Path

import torch
from safetensors import safe_open
from torch import Tensor

KEY = "model.language_model.embed_tokens.weight"


def question_features(checkpoint: Path, tokens: Sequence[int]) -> Tensor:
    """Mean embedding [H] of these tokens, float32."""
    for path in sorted(checkpoint.glob("*.safetensors")):
        with safe_open(path, "pt") as file:
            if KEY in file.keys():  # noqa: SIM118 - safe_open is no mapping
                rows = file.get_slice(KEY)
                return torch.stack([rows[token] for token in tokens]).float().mean(dim=0)
    raise KeyError(f"{checkpoint}: no {KEY} in its weights")
