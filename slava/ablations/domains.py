"""Two domains of labelled images that come one after the other: what is learned, and what is kept.

The second is learned without the first's images, as when a plant gets a new tool. The ways have as many
trainable parameters in all (a gate's few beside them): one LoRA that goes on with the second domain; experts
for the first, one or three, frozen when one is added for the second (what `jobs/finetune.py --extend
--add-expert` does); and, for comparison, one LoRA that may see both at once.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from itertools import groupby
from pathlib import Path
from typing import Any

from torch import Tensor

from slava import tasks
from slava.ablations.training import Trained, fine_tune
from slava.datasets import class_folders
from slava.finetuning.config import FinetuneConfig
from slava.finetuning.curriculum import Curriculum, Item
from slava.finetuning.exporting import widened_gate
from slava.finetuning.features import Seen
from slava.finetuning.feeder import Feeder
from slava.finetuning.loading import load_base
from slava.finetuning.measuring import measure, service_weights
from slava.finetuning.mixture import MixtureModel
from slava.finetuning.preparing import expert_names
from slava.finetuning.samples import Lessons, Sample

RANK = 32
"""Of one LoRA, or of all experts together."""
PLAIN: dict[str, Any] = {"experts": 1, "top_k": 1, "rank": RANK}
ADDED = "added"


@dataclass(frozen=True, eq=False)
class Domains:
    """Both, with the features of their images."""

    first: Curriculum
    then: Curriculum
    settings: FinetuneConfig
    """Of a training, but for its experts and its length."""
    steps: int
    checkpoint: Path
    folder: Path
    """Holds the features."""

    def train(
        self, curriculum: Curriculum, start: dict[str, Tensor] | None = None, **changed: int
    ) -> Trained:
        """So many steps on one curriculum, from `start` on, with some settings changed."""
        # Half a step less: what is rounded up again is then the number of steps exactly.
        steps = changed.pop("rounds", 1) * self.steps - 0.5
        epochs = steps * self.settings.batch / len(curriculum.train)
        settings = self.settings.model_copy(update={"epochs": epochs, **changed})
        return fine_tune(settings, self.checkpoint, self.folder, curriculum, start)


def images(folder: str, per_class: int) -> Lessons:
    """The first so many images of each class folder."""
    examples = [
        one for _, own in groupby(class_folders(folder), lambda e: e.label) for one in list(own)[:per_class]
    ]
    labels = tuple(sorted({example.label for example in examples}))
    text = tasks.classify(labels).text
    return Lessons(tuple(Sample(e.uri, None, text, e.label, e.label) for e in examples), labels)


def curriculum(lessons: Lessons, seen: list[Seen], held_out: float) -> Curriculum:
    """Split by content, alike for all seeds."""
    own = set(lessons.images)
    return Curriculum.of(lessons, [picture for picture in seen if picture.uri in own], held_out, 0)


def asked(curriculum: Curriculum, labels: tuple[str, ...]) -> Curriculum:
    """The same pictures, with a choice among these labels."""
    text = tasks.classify(labels).text

    def of(items: tuple[Item, ...]) -> tuple[Item, ...]:
        return tuple(replace(item, question=text) for item in items)

    return Curriculum(of(curriculum.train), of(curriculum.held_out), labels)


def one_lora(domains: Domains) -> dict[str, float]:
    """Plain QLoRA on the first, which goes on with the second."""
    before = domains.train(domains.first, **PLAIN)
    learned = {name: value for name, value in before.mixture.state_dict().items() if ".lora_" in name}
    kept = accuracy(before.mixture, before.feeder, domains.first)
    after = domains.train(domains.then, learned, **PLAIN)
    found = both(after.mixture, after.feeder, domains)
    return {"first_before": kept, **found, "trainable_parameters": before.trainable}


def an_expert_added(domains: Domains, experts: int) -> dict[str, float]:
    """So many experts on the first, then one more on the second, with a wider gate before them."""
    before, after = one_after_the_other(domains, experts)
    kept = accuracy(before.mixture, before.feeder, domains.first)
    found = both(together(before, after, domains), before.feeder, domains)
    trainable = before.trainable + after.trainable
    return {"first_before": kept, **found, "trainable_parameters": trainable}


def one_after_the_other(domains: Domains, experts: int) -> tuple[Trained, Trained]:
    """Experts trained on the first domain, and the one that is added to them, trained on the second."""
    rank = RANK // (experts + 1)
    before = domains.train(domains.first, experts=experts, top_k=min(2, experts), rank=rank)
    added = domains.settings.model_copy(update={"add_expert": ADDED, "extend": "."})
    after = replace(domains, settings=added).train(domains.then, experts=1, top_k=1, rank=rank)
    return before, after


def one_lora_for_both(domains: Domains) -> dict[str, float]:
    """Plain QLoRA on both at once, for as many steps as the others have in all."""
    first, then = domains.first, domains.then
    union = Curriculum(first.train + then.train, first.held_out + then.held_out, first.labels + then.labels)
    trained = domains.train(union, rounds=2, **PLAIN)
    found = both(trained.mixture, trained.feeder, domains)
    return {**found, "trainable_parameters": trained.trainable}


VARIANTS: dict[str, Callable[[Domains], dict[str, float]]] = {
    "plain QLoRA, one after the other": one_lora,
    "an expert added": partial(an_expert_added, experts=3),
    "an expert added to one": partial(an_expert_added, experts=1),
    "plain QLoRA, both at once": one_lora_for_both,
}


def together(before: Trained, after: Trained, domains: Domains) -> MixtureModel:
    """The experts of both trainings in one model, behind a gate that knows the new one."""
    known = before.feeder.features(domains.first.train)
    new = after.feeder.features(domains.then.train)
    labels = domains.first.labels + domains.then.labels
    gate = widened_gate(before.mixture.gate.cpu(), known, new, labels, domains.checkpoint)
    names, rank = expert_names(before.feeder.config), before.feeder.config.rank
    base = load_base(domains.checkpoint, domains.settings.base)
    mixture = MixtureModel(base, gate, [*names, ADDED], rank, domains.settings.scale)
    for trained in (before, after):
        state = trained.mixture.state_dict()
        mixture.load_state_dict({n: v for n, v in state.items() if ".lora_" in n}, strict=False)
    return mixture.to(after.mixture.model.device)


def both(mixture: MixtureModel, feeder: Feeder, domains: Domains) -> dict[str, float]:
    """Accuracy on each domain, asked for its own classes and for those of both; the last expert's share."""
    labels = domains.first.labels + domains.then.labels
    found: dict[str, float] = {}
    for name, own in (("first", domains.first), ("then", domains.then)):
        found[name] = accuracy(mixture, feeder, own)
        found[f"{name}_of_all"] = accuracy(mixture, feeder, asked(own, labels))
        share = service_weights(mixture, feeder, own.held_out)[:, -1].mean()
        found[f"{name}_by_the_last"] = round(share.item(), 4)
    return found


def accuracy(mixture: MixtureModel, feeder: Feeder, domain: Curriculum) -> float:
    """On the images kept aside, with the weights that service uses."""
    own = Feeder(feeder.config, domain, feeder.store, feeder.tokens, feeder.question_features)
    return round(float(measure(mixture, own)[0]["accuracy"]), 4)
