"""What a training starts from, in its folder: written once by the driver, read by every worker.

FOLDER/features/             visual features (slava.finetuning.features)
FOLDER/curriculum.parquet    what is learned, what is kept aside
FOLDER/gate.safetensors      the gate at its beginning
FOLDER/checkpoints/          Ray Train's
"""

from pathlib import Path
from typing import Any

import torch
from safetensors.torch import load_file, save_file
from torch import Tensor
from transformers import AutoConfig, AutoProcessor

from slava.finetuning.batches import Tokens
from slava.finetuning.config import FinetuneConfig
from slava.finetuning.curriculum import Curriculum
from slava.finetuning.features import FeatureStore
from slava.finetuning.feeder import Feeder
from slava.finetuning.loading import load_base
from slava.finetuning.mixture import MixtureModel
from slava.model import configuration, hardware
from slava.mope.fitting import begin_gate
from slava.mope.gate import Gate
from slava.mope.question_features import question_features

GATE, CURRICULUM = "gate.safetensors", "curriculum.parquet"


def expert_names(config: FinetuneConfig) -> list[str]:
    """Of the experts that are trained."""
    if config.add_expert:
        return [config.add_expert]
    return [f"expert-{number}" for number in range(1, config.experts + 1)]


def write_plan(config: FinetuneConfig, checkpoint: Path, folder: Path, curriculum: Curriculum) -> Feeder:
    """Everything but the features, which lie there already."""
    curriculum.save(folder / CURRICULUM)
    feeder = open_feeder(config, checkpoint, folder)
    names = expert_names(config)
    gate = begin_gate(
        feeder.features(curriculum.train), len(names), min(config.top_k, len(names)), config.seed
    )
    if config.gate == "even":
        torch.nn.init.zeros_(gate.linear.weight)
        torch.nn.init.zeros_(gate.linear.bias)
    save_file(gate.state_dict(), folder / GATE)
    return feeder


def open_feeder(config: FinetuneConfig, checkpoint: Path, folder: Path) -> Feeder:
    """What makes the batches."""
    configuration.register()
    processor: Any = AutoProcessor.from_pretrained(checkpoint)
    tokens = Tokens(processor, AutoConfig.from_pretrained(checkpoint).image_tokens)
    known: dict[str, Tensor] = {}

    def features(question: str) -> Tensor:
        if question not in known:
            known[question] = question_features(checkpoint, tokens.encode(question))
        return known[question]

    curriculum = Curriculum.load(folder / CURRICULUM)
    return Feeder(config, curriculum, FeatureStore(folder / "features"), tokens, features)


def open_mixture(config: FinetuneConfig, checkpoint: Path, folder: Path) -> MixtureModel:
    """The model before its first step; the same for every worker."""
    torch.manual_seed(config.seed)
    tensors = load_file(folder / GATE)
    experts, features = tensors["linear.weight"].shape
    gate = Gate(features, experts, min(config.top_k, experts))
    gate.load_state_dict(tensors)
    # A gate of one expert has nothing to learn, and an unused matching head would stall DDP.
    gate.requires_grad_(experts > 1)
    model = load_base(checkpoint, config.base)
    model.matching_head.requires_grad_(config.matching_weight > 0)
    if config.recompute:
        model.gradient_checkpointing_enable()
    mixture = MixtureModel(model, gate, expert_names(config), config.rank, config.scale)
    if config.shared:
        for layer in mixture.layers.values():
            layer.begin_alike()
    return mixture.to(hardware.device())
