"""The training itself: the projector first, then everything that is nano's own."""

import json
import math
import time
from collections.abc import Iterator
from typing import Any

import torch
from peft import LoraConfig, get_peft_model
from torch import Tensor, nn
from torch.nn import functional

from slava.model.modeling import SlavaForConditionalGeneration, tower_features
from slava.pretraining.augment import augment
from slava.pretraining.config import PretrainConfig
from slava.pretraining.drawing import Drawings, Example

LORA_SCALE = 2.0
LINEAR_LAYERS = ["q_proj", "k_proj", "v_proj", "o_proj", "gate_proj", "up_proj", "down_proj"]
IGNORED = -100


class Trainer:
    """nano in bfloat16 and frozen, with its own parts in float32 on top."""

    def __init__(self, model: SlavaForConditionalGeneration, config: PretrainConfig, device: str) -> None:
        self.config = config
        self.device = device
        self.model = model.to(device).requires_grad_(False)
        lora = LoraConfig(r=config.rank, lora_alpha=LORA_SCALE * config.rank, target_modules=LINEAR_LAYERS)
        self.language_model = get_peft_model(model.model.language_model, lora)
        self.generator = torch.Generator(device).manual_seed(config.seed)
        model.model.multi_modal_projector.float().requires_grad_(True)
        model.matching_head.float().requires_grad_(True)
        # With a large last layer the first image tokens would drown the words among them.
        nn.init.normal_(model.model.multi_modal_projector.linear_2.weight, std=0.02)

    def run(self, drawings: Drawings, batches: Iterator[list[Example]]) -> list[dict[str, float]]:
        """Both stages; the losses of every 20th step."""
        pictures = torch.from_numpy(drawings.pictures).to(self.device)
        own = self._own_parameters()
        history = self._stage(own[:1], self.config.projector_steps, pictures, batches)
        return history + self._stage(own, self.config.steps, pictures, batches)

    def _own_parameters(self) -> list[dict[str, Any]]:
        head = list(self.model.matching_head.parameters())
        lora = [value for value in self.language_model.parameters() if value.requires_grad]
        projector = list(self.model.model.multi_modal_projector.parameters())
        return [
            {"params": projector, "lr": self.config.projector_rate},
            {"params": lora + head, "lr": self.config.lora_rate},
        ]

    def _stage(
        self, groups: list[dict[str, Any]], steps: int, pictures: Tensor, batches: Iterator[list[Example]]
    ) -> list[dict[str, float]]:
        optimizer = torch.optim.AdamW(groups, weight_decay=0.01, betas=(0.9, 0.98))
        schedule = torch.optim.lr_scheduler.LambdaLR(optimizer, lambda step: warm_cosine(step, steps))
        history, began = [], time.time()
        for step in range(steps):
            language, matching = self.losses(next(batches), pictures)
            (language + self.config.matching_weight * matching).backward()
            nn.utils.clip_grad_norm_([p for group in optimizer.param_groups for p in group["params"]], 1.0)
            optimizer.step()
            schedule.step()
            optimizer.zero_grad(set_to_none=True)
            if step % 20 == 0 or step == steps - 1:
                seconds = (time.time() - began) / (step + 1)
                history.append(_report(step, steps, language, matching, seconds))
        return history

    def losses(self, batch: list[Example], pictures: Tensor) -> tuple[Tensor, Tensor]:
        """Language-modelling loss on the answers, and binary cross-entropy of the matching head."""
        ids_BT, targets_BT = collate(batch, self.device)
        crops = torch.tensor([example.crop for example in batch], device=self.device)
        chosen = pictures[[example.picture for example in batch]]
        with torch.autocast(self.device, torch.bfloat16):
            with torch.no_grad():
                pixels = augment(chosen, crops, self.generator)
                patches, _ = tower_features(self.model.model.vision_tower, self.model.config, pixels)
            tokens = self.model.model.multi_modal_projector(patches)
            embeds = self.model.model.merge_inputs(ids_BT, tokens)
            # Right padding under a causal mask: no real token sees a padded one, so no mask is needed.
            states_BTH = self.language_model(inputs_embeds=embeds, use_cache=False).last_hidden_state
            language = self._language_loss(states_BTH, targets_BT)
            return language, self._matching_loss(states_BTH, batch)

    def _language_loss(self, states_BTH: Tensor, targets_BT: Tensor) -> Tensor:
        told = targets_BT[:, 1:] != IGNORED
        logits = self.model.lm_head(states_BTH[:, :-1][told])
        return functional.cross_entropy(logits.float(), targets_BT[:, 1:][told])

    def _matching_loss(self, states_BTH: Tensor, batch: list[Example]) -> Tensor:
        rows = [row for row, example in enumerate(batch) if example.match >= 0]
        last = [batch[row].answer - 1 for row in rows]
        targets = torch.tensor([batch[row].match for row in rows], device=self.device)
        if not rows:
            return states_BTH.new_zeros(())
        logits = self.model.matching_head(states_BTH[rows, last].float()).squeeze(-1)
        return functional.binary_cross_entropy_with_logits(logits.float(), targets)

    def trained(self) -> dict[str, Tensor]:
        """nano's own parts, named as `slava.model.nano.assemble` wants them, in bfloat16."""
        parts = {
            name: value
            for name, value in self.model.state_dict().items()
            if name.startswith(("model.multi_modal_projector.", "matching_head."))
        }
        for name, value in self.language_model.state_dict().items():
            if ".lora_" in name:
                plain = name.removeprefix("base_model.model.").replace(".default.weight", "")
                parts[f"model.language_model.{plain}"] = value
        return {name: value.to("cpu", torch.bfloat16).contiguous() for name, value in parts.items()}


def collate(batch: list[Example], device: str) -> tuple[Tensor, Tensor]:
    """Token ids and targets, [B, T] each, padded on the right; only answers are targets."""
    length = max(len(example.tokens) for example in batch)
    ids = torch.zeros(len(batch), length, dtype=torch.long)
    targets = torch.full_like(ids, IGNORED)
    for row, example in enumerate(batch):
        tokens = torch.from_numpy(example.tokens).long()
        ids[row, : len(tokens)] = tokens
        targets[row, example.answer : len(tokens)] = tokens[example.answer :]
    return ids.to(device, non_blocking=True), targets.to(device, non_blocking=True)


def warm_cosine(step: int, steps: int) -> float:
    """Learning-rate factor: 3 % of linear warm-up, then a cosine down to a twentieth."""
    warm = max(1, steps * 3 // 100)
    if step < warm:
        return (step + 1) / warm
    return 0.05 + 0.475 * (1 + math.cos(math.pi * (step - warm) / max(1, steps - warm)))


def _report(step: int, steps: int, language: Tensor, matching: Tensor, seconds: float) -> dict[str, float]:
    record = {"step": step, "language": language.item(), "matching": matching.item(), "step_s": seconds}
    remaining = (steps - step - 1) * seconds
    print(json.dumps({**record, "eta_s": round(remaining)}), flush=True)
    return record
