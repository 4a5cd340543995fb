"""nano's own experts: calibrate a set on a screening of drawn micrographs, and put it among nano's parts.

    python -m slava.synth.lessons --output runs/lessons --count 1200
    python jobs/finetune.py --data runs/lessons/conversations.jsonl --output runs/own --rank 4 --epochs 1 \
      --expert-rate 0.0005 --config slava/finetuning/recipes/nano.yaml --num-workers 2
    python -m slava.synth.lessons --output runs/fresh --count 400 --first-seed 1000000
    python jobs/screen.py --input runs/fresh/images --experts runs/own --output runs/fresh/screened
    python -m slava.pretraining.own_experts --experts runs/own --screened runs/fresh/screened
"""

import json
import shutil
import sys
from pathlib import Path

import torch
from pydantic import BaseModel, ConfigDict
from torch import Tensor

from slava import tasks
from slava.cli import run
from slava.model.calibration import accuracy, calibration_error, fit_temperature
from slava.model.nano import EXPERTS
from slava.mope.manifest import MANIFEST, Manifest, read_manifest
from slava.results import open_output, read_results


class OwnExpertsConfig(BaseModel):
    """Calibrate experts that jobs/finetune.py trained on nano, and copy them into the package."""

    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)

    experts: Path
    """Output of jobs/finetune.py."""
    screened: str
    """Output of a screening with them: drawn micrographs in folders named as their classes."""
    target: Path = EXPERTS
    """Folder that is written anew."""


def ship(config: OwnExpertsConfig) -> int:
    """Calibrate, and copy what serving needs."""
    manifest = calibrated(read_manifest(config.experts), *answers(config.screened))
    shutil.rmtree(config.target, ignore_errors=True)
    shutil.copytree(config.experts / "experts", config.target / "experts")
    shutil.copy(config.experts / "router.safetensors", config.target)
    (config.target / MANIFEST).write_text(json.dumps(manifest.model_dump(), indent=2) + "\n")
    print(json.dumps(manifest.metrics))
    return 0


def answers(screened: str) -> tuple[Tensor, Tensor]:
    """Log-probabilities [N, 10] of the ten classes, as they were told, and the true ones [N]."""
    told, truth = [], []
    for batch in read_results(open_output(screened), ["uri", "scores"]):
        for row in batch.to_pylist():
            scores = {found["label"]: found["score"] for found in row["scores"]}
            told.append([scores[label] for label in tasks.NFFA_LABELS])
            truth.append(tasks.NFFA_LABELS.index(Path(row["uri"]).parent.name))
    return torch.tensor(told).clamp(min=1e-12).log(), torch.tensor(truth)


def calibrated(manifest: Manifest, told_NL: Tensor, truth_N: Tensor) -> Manifest:
    """With the temperature that fits one half of the answers, and the calibration error on the other."""
    found_NL = told_NL * manifest.label_temperature
    odd = torch.arange(len(truth_N)) % 2 == 1
    temperature = fit_temperature(found_NL[~odd], truth_N[~odd])
    figures = {
        "renderings": len(truth_N),
        "renderings_accuracy": round(accuracy(found_NL, truth_N), 4),
        "renderings_calibration_error": round(calibration_error(found_NL[odd], truth_N[odd], temperature), 4),
    }
    # Paths of the machine that trained them are nobody's business.
    recipe = {name: value for name, value in manifest.recipe.items() if name not in {"data", "output"}}
    changed = {"label_temperature": temperature, "metrics": manifest.metrics | figures, "recipe": recipe}
    return manifest.model_copy(update=changed)


if __name__ == "__main__":
    sys.exit(run(OwnExpertsConfig, ship, "python -m slava.pretraining.own_experts"))
