"""From a training's last checkpoint to a set of experts that serves."""

import shutil
from pathlib import Path

import torch
from torch import Tensor
from transformers import AutoProcessor

from slava import tasks
from slava.finetuning.card import model_card
from slava.finetuning.config import FinetuneConfig
from slava.finetuning.curriculum import Curriculum
from slava.finetuning.feeder import Feeder
from slava.finetuning.job import Job
from slava.finetuning.measuring import measure, service_weights
from slava.finetuning.mixture import MixtureModel
from slava.finetuning.pictures import draw
from slava.finetuning.preparing import expert_names, open_feeder, open_mixture
from slava.finetuning.states import read_progress, read_trainable
from slava.model.checkpoints import find_checkpoint
from slava.mope.adapters import expert_of, save_adapter
from slava.mope.expert_set import ExpertSet, load_replay, save_router
from slava.mope.fitting import widen_gate
from slava.mope.gate import Gate
from slava.mope.manifest import MANIFEST, ExpertEntry, Manifest, read_manifest
from slava.mope.question_features import question_features

PICTURE = "training.png"
LAST = "last"
"""Names the checkpoint that a set was made of."""
GROUPS, GROUP_LETTERS = 20, 40
REPLAY = 512
"""Features kept with the gate: what it must go on to know when it is widened."""


def export(job: Job, kept: Path, output: Path) -> Manifest:
    """Write the experts of a finished training, at the configured rank; the manifest comes last.

    Measured as they are served: on the base as it is stored, in the adapters' bfloat16.
    """
    config = job.config
    output.mkdir(exist_ok=True)
    feeder = open_feeder(config, job.checkpoint, job.folder)
    mixture = open_mixture(config.model_copy(update={"base": "full"}), job.checkpoint, job.folder)
    load_trained(mixture, read_trainable(kept), config.rank)
    metrics, temperature = measure(mixture, feeder)
    for stale in ("experts", "composed"):
        shutil.rmtree(output / stale, ignore_errors=True)
    weights_NE = service_weights(mixture, feeder, feeder.curriculum.train)
    entries = []
    for name, share in zip(expert_names(config), weights_NE.mean(0).tolist(), strict=True):
        adapter = expert_of(mixture.layers, name, config.rank)
        digest = save_adapter(adapter, output / "experts" / name, config.scale, config.model)
        entries.append(ExpertEntry(name=name, rank=config.rank, digest=digest, share=round(share, 4)))
    manifest = Manifest(
        base=config.model,
        base_digest=job.digest,
        experts=tuple(entries),
        top_k=min(config.top_k, len(entries)),
        scale=config.scale,
        router_digest=_save_router(mixture, feeder, output),
        labels=feeder.curriculum.labels,
        label_temperature=temperature,
        metrics=metrics,
        recipe=config.model_dump(exclude={"output"}),
    )
    use = {group: weights_NE[rows].mean(0).tolist() for group, rows in groups_of(feeder.curriculum).items()}
    draw(read_progress(kept), list(use.values()), expert_names(config), list(use), output / PICTURE)
    write_manifest(manifest, output)
    return manifest


def extend(old: ExpertSet, trained: Path, output: Path, config: FinetuneConfig) -> Manifest:
    """Write `old` with the expert of `trained`, a set of one, added; what the old ones compute stays."""
    new = read_manifest(trained)
    shutil.rmtree(output / "experts", ignore_errors=True)
    for entry in (*old.manifest.experts, *new.experts):
        source = (old.directory if entry in old.manifest.experts else trained) / "experts" / entry.name
        shutil.copytree(source, output / "experts" / entry.name)
    known, learned = load_replay(old.directory), load_replay(trained)
    labels = tuple(dict.fromkeys((*old.manifest.labels, *new.labels)))
    told_apart = labels if old.manifest.labels and new.labels else ()
    gate = widened_gate(old.gate(), known, learned, told_apart, find_checkpoint(config.model))
    head: dict[str, Tensor] = {}  # the old matching head belongs to the old experts, the new one to the new
    manifest = old.manifest.model_copy(
        update={
            "experts": (*old.manifest.experts, *new.experts),
            "router_digest": save_router(gate, output, torch.cat([known, learned]), head),
            "labels": labels,
            "label_temperature": max(old.manifest.label_temperature, new.label_temperature),
            "metrics": {"before": old.manifest.metrics, new.experts[0].name: new.metrics},
            "recipe": config.model_dump(exclude={"output"}),
        }
    )
    shutil.copy(trained / PICTURE, output)
    write_manifest(manifest, output)
    return manifest


def widened_gate(
    gate: Gate, known_NF: Tensor, new_NF: Tensor, labels: tuple[str, ...], checkpoint: Path
) -> Gate:
    """A gate with one more expert, that finds it by the picture too when all `labels` are asked for.

    What is known and what is new were asked for different classes, and the words would do to tell them
    apart; but a screening with all of the experts asks for all classes.
    """
    if labels:
        tokenizer = AutoProcessor.from_pretrained(checkpoint).tokenizer
        asked = tokenizer(tasks.classify(labels).text, add_special_tokens=False).input_ids
        words_H = question_features(checkpoint, asked)
        known_NF, new_NF = (torch.cat([seen, _asked(seen, words_H)]) for seen in (known_NF, new_NF))
    return widen_gate(gate, known_NF, new_NF)


def _asked(features_NF: Tensor, words_H: Tensor) -> Tensor:
    """The same pictures, asked something else."""
    return torch.cat([features_NF[:, : -len(words_H)], words_H.expand(len(features_NF), -1)], dim=1)


def open_trained(output: Path) -> tuple[MixtureModel, Feeder, float]:
    """The mixture of a finished training as it is served, its data, and its temperature."""
    manifest = read_manifest(output)
    config = FinetuneConfig(**manifest.recipe, output=str(output)).model_copy(update={"base": "full"})
    checkpoint, folder = find_checkpoint(config.model), output / "training"
    mixture = open_mixture(config, checkpoint, folder)
    kept = folder / (folder / LAST).read_text()
    load_trained(mixture, read_trainable(kept), config.rank)
    return mixture, open_feeder(config, checkpoint, folder), manifest.label_temperature


def load_trained(mixture: MixtureModel, trained: dict[str, Tensor], rank: int) -> None:
    """Put what was trained in its place, rounded as adapters are stored, cut to `rank`."""
    rounded = {n: v.bfloat16().float() if ".lora_" in n else v for n, v in trained.items()}
    cut = {n: _cut(n, v, rank) for n, v in rounded.items()}
    mixture.load_state_dict(cut, strict=False)


def write_manifest(manifest: Manifest, output: Path) -> None:
    """The model card, then the manifest: whole or not at all, and last."""
    (output / "README.md").write_text(model_card(manifest))
    part = output / f"{MANIFEST}.part"
    part.write_text(manifest.model_dump_json(indent=2) + "\n")
    part.rename(output / MANIFEST)


def _cut(name: str, value: Tensor, rank: int) -> Tensor:
    if ".lora_A." in name:
        return value[:rank]
    return value[:, :rank] if ".lora_B." in name else value


def groups_of(curriculum: Curriculum) -> dict[str, list[int]]:
    """Rows of the training data by class, or by question: the classes first, and of each the commonest."""
    groups: dict[str, list[int]] = {}
    for row, item in enumerate(curriculum.train):
        groups.setdefault(item.label or item.question[:GROUP_LETTERS], []).append(row)

    def place(group: tuple[str, list[int]]) -> tuple[bool, int]:
        name, rows = group
        return name not in curriculum.labels, -len(rows)

    return dict(sorted(groups.items(), key=place)[:GROUPS])


def _save_router(mixture: MixtureModel, feeder: Feeder, output: Path) -> str:
    train = feeder.curriculum.train
    picked = torch.randperm(len(train), generator=torch.Generator().manual_seed(0))[:REPLAY]
    replay = feeder.features([train[int(index)] for index in picked])
    gate: Gate = mixture.gate
    return save_router(gate.cpu(), output, replay, mixture.model.matching_head.state_dict())
