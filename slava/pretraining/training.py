"""Second stage: projector, LoRA and matching head learn through the frozen language model."""

import json
import math
import time
from collections.abc import Iterator
from typing import Any

import torch
from peft import LoraConfig, get_peft_model
from torch import Tensor, nn
from torch.nn import functional

from slava.model.linear_layers import LINEAR_LAYERS
from slava.pretraining.config import LORA_SCALE, PretrainConfig
from slava.pretraining.drawing import Gallery
from slava.pretraining.examples import IGNORED, Example, collate
from slava.pretraining.seeing import see


class Trainer:
    """nano, frozen, in the dtype it was loaded in, with its own parts in float32 on top."""

    def __init__(self, model: Any, config: PretrainConfig) -> None:
        self.config = config
        self.model = model
        self.device: torch.device = model.device
        lora = LoraConfig(
            r=config.rank, lora_alpha=LORA_SCALE * config.rank, target_modules=list(LINEAR_LAYERS)
        )
        self.language_model = get_peft_model(model.model.language_model, lora)
        model.matching_head.float().requires_grad_(True)
        self.generator = torch.Generator().manual_seed(config.seed + 1)

    def run(self, gallery: Gallery, batches: Iterator[list[Example]]) -> list[dict[str, float]]:
        """All steps; the losses of each."""
        groups = self._own_parameters()
        optimizer = torch.optim.AdamW(groups, weight_decay=0.01, betas=(0.9, 0.98))
        steps = self.config.steps
        schedule = torch.optim.lr_scheduler.LambdaLR(optimizer, lambda step: warm_cosine(step, steps))
        history, began = [], time.time()
        for step in range(steps):
            language, matching = self.losses(next(batches), gallery)
            (language + self.config.matching_weight * matching).backward()
            nn.utils.clip_grad_norm_([p for group in groups for p in group["params"]], 1.0)
            optimizer.step()
            schedule.step()
            optimizer.zero_grad(set_to_none=True)
            seconds = (time.time() - began) / (step + 1)
            history.append(_report(step, steps, language, matching, seconds))
        return history

    def losses(self, batch: list[Example], gallery: Gallery) -> tuple[Tensor, Tensor]:
        """Language-modelling loss on the answers, and binary cross-entropy of the matching head."""
        ids_BT, targets_BT = collate(batch, self.device)
        chosen = [picture for example in batch for picture in example.pictures]
        with torch.no_grad():
            patches = see(self.model, gallery, chosen, self.generator)
        native = self.model.dtype == torch.bfloat16
        with torch.autocast(self.device.type, torch.bfloat16, enabled=native):
            tokens = self.model.model.multi_modal_projector(patches)
            embeds = self.model.model.merge_inputs(ids_BT, tokens)
            # Right padding under a causal mask: no real token sees a padded one, so no mask is needed.
            states_BTH = self.language_model(inputs_embeds=embeds, use_cache=False).last_hidden_state
            return self._language_loss(states_BTH, targets_BT), self._matching_loss(states_BTH, batch)

    def _language_loss(self, states_BTH: Tensor, targets_BT: Tensor) -> Tensor:
        told = targets_BT[:, 1:] != IGNORED
        logits = self.model.lm_head(states_BTH[:, :-1][told])
        return functional.cross_entropy(logits.float(), targets_BT[:, 1:][told])

    def _matching_loss(self, states_BTH: Tensor, batch: list[Example]) -> Tensor:
        places = [(row, *match) for row, example in enumerate(batch) for match in example.matches]
        if not places:
            return states_BTH.new_zeros(())
        rows, positions, targets = zip(*places, strict=True)
        logits = self.model.matching_head(states_BTH[list(rows), list(positions)].float()).squeeze(-1)
        return functional.binary_cross_entropy_with_logits(logits, torch.tensor(targets, device=self.device))

    def _own_parameters(self) -> list[dict[str, Any]]:
        head = list(self.model.matching_head.parameters())
        lora = [value for value in self.language_model.parameters() if value.requires_grad]
        projector = list(self.model.model.multi_modal_projector.parameters())
        return [
            {"params": projector, "lr": self.config.projector_rate},
            {"params": lora + head, "lr": self.config.lora_rate},
        ]


def own_parts(model: Any) -> dict[str, Tensor]:
    """What is nano's own among a model's tensors: projector, matching head, and the LoRAs in place."""
    own = ("model.multi_modal_projector.", "matching_head.")
    return {
        name: value for name, value in model.state_dict().items() if name.startswith(own) or ".lora_" in name
    }


def shipped(model: Any) -> dict[str, Tensor]:
    """nano's own parts, named as `slava.model.nano.assemble` wants them, in bfloat16."""
    return {
        name.replace(".default.weight", ""): value.to("cpu", torch.bfloat16).contiguous()
        for name, value in own_parts(model).items()
    }


def warm_cosine(step: int, steps: int) -> float:
    """Learning-rate factor: 5 % of linear warm-up, then a cosine down to a twentieth."""
    warm = max(1, steps // 20)
    if step < warm:
        return (step + 1) / warm
    return 0.05 + 0.475 * (1 + math.cos(math.pi * (step - warm) / max(1, steps - warm)))


def _report(step: int, steps: int, language: Tensor, matching: Tensor, seconds: float) -> dict[str, float]:
    record = {"step": step, "language": round(language.item(), 4), "matching": round(matching.item(), 4)}
    if step % 10 == 0 or step == steps - 1:
        timing = {"step_s": round(seconds, 2), "eta_s": round((steps - step - 1) * seconds)}
        print(json.dumps({**record, **timing}), flush=True)
    return record
