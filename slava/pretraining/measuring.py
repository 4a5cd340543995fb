"""What the trained nano can do: the ten classes on fresh renderings and on real micrographs."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from PIL import Image
from torch import Tensor

from slava import tasks
from slava.archives import Blob, list_shards, read_shard
from slava.micrographs import decode
from slava.model.labelling import label_probabilities
from slava.pretraining.augment import plain
from slava.pretraining.drawing import HEIGHT, WIDTH


def log_probabilities(model: Any, processor: Any, pictures_BHW: Tensor, batch: int = 32) -> Tensor:
    """Log-probability of each of the ten classes, [B, 10], for grey uint8 pictures."""
    found = []
    for start in range(0, len(pictures_BHW), batch):
        pixels = plain(pictures_BHW[start : start + batch].to(model.device)).to(model.dtype)
        with torch.inference_mode():
            tokens = torch.stack(model.get_image_features(pixels).pooler_output)
        found += label_probabilities(model, processor, tokens, tasks.classify(tasks.NFFA_LABELS))
    rows = [[dict(ranked)[label] for label in tasks.NFFA_LABELS] for ranked in found]
    return torch.tensor(rows).clamp(min=1e-12).log()


def found_labels(logprobs_BL: Tensor) -> Sequence[str]:
    """The most probable label of each picture."""
    return [tasks.NFFA_LABELS[int(index)] for index in logprobs_BL.argmax(-1)]


def real_micrographs(folder: Path) -> tuple[Tensor, Tensor]:
    """Grey pictures [N, H, W] and labels [N] of a folder of class folders; ValueError for another name."""
    pictures, labels = [], []
    for path in sorted(path for path in folder.iterdir() if path.is_dir()):
        if path.name not in tasks.NFFA_LABELS:
            raise ValueError(f"{path}: a class folder must be named as one of {', '.join(tasks.NFFA_LABELS)}")
        for blob in (blob for shard in list_shards([str(path)]) for blob in read_shard(shard)):
            if isinstance(blob, Blob):
                grey = Image.fromarray(decode(blob.data, blob.name)[0].pixels).convert("L")
                pictures.append(np.asarray(grey.resize((WIDTH, HEIGHT), Image.Resampling.BOX)))
                labels.append(tasks.NFFA_LABELS.index(path.name))
    return torch.from_numpy(np.stack(pictures)), torch.tensor(labels)
