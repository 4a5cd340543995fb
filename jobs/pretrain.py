"""Train nano's own parts on drawn micrographs, and write what the package ships.

    python jobs/pretrain.py --output runs/nano              # as shipped: 85 minutes on 2 cores with bf16
    python jobs/pretrain.py --output runs/try --pictures 100 --projector-steps 4 --tower-steps 4 \
      --steps 4 --held-out 20

The same command again takes over what a stopped run had drawn and aligned.

Copy `trained.safetensors` and `recipe.json` from the output into `slava/model/nano_parts/` to ship them.
"""

import json
import sys
import time
from collections import Counter
from typing import Any

import numpy as np
import torch
from safetensors.torch import load_file, save_file
from transformers import AutoModelForImageTextToText, AutoProcessor

from slava.cli import UsageError, run
from slava.model import hardware, modeling, nano
from slava.model.calibration import accuracy, calibration_error, fit_temperature
from slava.pretraining import measuring
from slava.pretraining.alignment import adapt_tower, align
from slava.pretraining.config import LORA_SCALE, PretrainConfig
from slava.pretraining.drawing import HELD_OUT_SEED, Gallery, build_gallery, draw
from slava.pretraining.examples import Writer, batches
from slava.pretraining.training import Trainer, own_parts, shipped
from slava.results import ClaimError, claim, open_output

FREE = {"output", "workers", "held_out", "real"}
"""Settings that may change from one start to the next into the same output."""


def pretrain(config: PretrainConfig) -> int:
    """Draw, align, train, calibrate, write."""
    try:
        claim(open_output(str(config.output)), "settings.json", config.model_dump(mode="json", exclude=FREE))
    except ClaimError as error:
        raise UsageError(str(error)) from error
    torch.manual_seed(config.seed)
    rng = np.random.default_rng(config.seed)
    model, processor = _untrained(config)
    began = time.time()
    gallery = build_gallery(config.output, config.pictures, config.seed, config.workers)
    _align(model, processor, gallery, config)
    trainer = Trainer(model, config)
    writer = Writer(processor, model.config.image_tokens)
    history = trainer.run(gallery, batches(gallery, writer, config.batch, config.chain, rng))
    trained = shipped(model)
    save_file(trained, config.output / "trained.safetensors")
    (config.output / "history.json").write_text(json.dumps(history) + "\n")
    recipe = {
        "lora_scale": LORA_SCALE,
        "config": config.model_dump(mode="json", exclude={"output", "real"}),
        "seconds": round(time.time() - began),
    }
    recipe |= _measured(config, trained, processor)
    (config.output / "recipe.json").write_text(json.dumps(recipe, indent=2) + "\n")
    return 0


def _align(model: Any, processor: Any, gallery: Gallery, config: PretrainConfig) -> None:
    """The first stage, or what a stopped run had of it."""
    model.requires_grad_(False).model.multi_modal_projector.float().requires_grad_(True)
    aligned = config.output / "aligned.safetensors"
    if aligned.is_file():
        adapt_tower(model, config)
        model.load_state_dict(load_file(aligned), strict=False)
        model.model.vision_tower.requires_grad_(False)
    else:
        align(model, processor.tokenizer, gallery, config)
        save_file(own_parts(model), aligned)


def _untrained(config: PretrainConfig) -> tuple[Any, Any]:
    """In the dtype it is loaded in, not cast: a cast would round the rotary frequencies."""
    modeling.register()
    base = config.output / "untrained"
    if not base.is_dir():
        nano.assemble(base)
    model = AutoModelForImageTextToText.from_pretrained(base, dtype=hardware.dtype())
    return model.to(hardware.device()), AutoProcessor.from_pretrained(base)


def _measured(config: PretrainConfig, trained: dict[str, Any], processor: Any) -> dict[str, Any]:
    """Accuracy and calibration on pictures never seen, of the model as it will be assembled."""
    model, _ = _untrained(config)
    nano.load_trained(model, trained, LORA_SCALE)
    drawn = list(draw(config.held_out, HELD_OUT_SEED, config.workers))
    pictures = torch.from_numpy(np.stack([pixels for pixels, _ in drawn]))
    truth = torch.arange(len(drawn)) % 10
    logprobs = measuring.log_probabilities(model, processor, pictures)
    # Calibration is fitted on one half, told of the other; the classes come in turn, so halves go by tens.
    other = (torch.arange(len(truth)) // 10) % 2 == 1
    temperature = fit_temperature(logprobs[~other], truth[~other])
    figures = {"renderings": _figures(logprobs, truth, other, temperature)}
    if config.real:
        pictures, truth = measuring.real_micrographs(config.real)
        logprobs, all_of_them = measuring.log_probabilities(model, processor, pictures), truth >= 0
        figures["real"] = _figures(logprobs, truth, all_of_them, temperature)
    print(json.dumps(figures), flush=True)
    return {"label_temperature": temperature, "figures": figures}


def _figures(
    logprobs_BL: torch.Tensor, truth_B: torch.Tensor, calibrated_B: torch.Tensor, temperature: float
) -> dict[str, Any]:
    error = calibration_error(logprobs_BL[calibrated_B], truth_B[calibrated_B], temperature)
    return {
        "pictures": len(truth_B),
        "accuracy": round(accuracy(logprobs_BL, truth_B), 4),
        "calibration_error": round(error, 4),
        "found": dict(Counter(measuring.found_labels(logprobs_BL))),
    }


if __name__ == "__main__":
    sys.exit(run(PretrainConfig, pretrain, "jobs/pretrain.py"))
