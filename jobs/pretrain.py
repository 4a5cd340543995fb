"""Train nano's own parts on drawn micrographs, and write what the package ships.

    python jobs/pretrain.py --output runs/nano                      # as shipped: minutes on a GPU
    python jobs/pretrain.py --output runs/try --pictures 400 --projector-steps 5 --steps 20 --batch 8

Copy `trained.safetensors` and `recipe.json` from the output into `slava/model/nano_parts/` to ship them.
"""

import json
import time
from pathlib import Path
from typing import Any

import numpy as np
import torch
from pydantic_settings import BaseSettings, CliApp, SettingsConfigDict
from safetensors.torch import save_file
from transformers import AutoModelForImageTextToText, AutoProcessor

from slava import tasks
from slava.model import modeling, nano
from slava.pretraining import measuring
from slava.pretraining.config import PretrainConfig
from slava.pretraining.drawing import HELD_OUT_SEED, Drawings, batches, draw
from slava.pretraining.training import LORA_SCALE, Trainer


class Arguments(PretrainConfig, BaseSettings):
    """Train nano's projector, matching head and LoRA on drawn micrographs."""

    model_config = SettingsConfigDict(
        cli_prog_name="jobs/pretrain.py", cli_kebab_case=True, cli_avoid_json=True, cli_hide_none_type=True
    )

    def cli_cmd(self) -> None:
        """Run the whole training."""
        pretrain(PretrainConfig(**self.model_dump()))


def pretrain(config: PretrainConfig) -> None:
    """Draw, train, calibrate, write."""
    config.output.mkdir(parents=True, exist_ok=True)
    device = "cuda" if torch.cuda.is_available() else "cpu"
    torch.manual_seed(config.seed)
    model, processor = _untrained(config)
    began = time.time()
    drawings = _draw(config, processor, model.config.image_tokens)
    print(f"drew {len(drawings.pictures)} pictures in {time.time() - began:.0f} s", flush=True)
    trainer = Trainer(model, config, device)
    rng = np.random.default_rng(config.seed)
    history = trainer.run(drawings, batches(drawings.examples, config.batch, rng))
    trained = trainer.trained()
    save_file(trained, config.output / "trained.safetensors")
    recipe = {"lora_scale": LORA_SCALE, "label_temperature": 1.0, "config": config.model_dump(mode="json")}
    recipe["seconds"] = round(time.time() - began)
    recipe["machine"] = torch.cuda.get_device_name() if device == "cuda" else "CPU"
    _write(config.output, recipe, history)
    del trainer, model
    _measure(config, recipe, trained, processor, device)
    _write(config.output, recipe, history)


def _untrained(config: PretrainConfig) -> tuple[Any, Any]:
    modeling.register()
    base = config.base or config.output / "untrained"
    if not base.is_dir():
        model, tokenizer = nano.untrained()
        model.save_pretrained(base)
        nano.processor(tokenizer).save_pretrained(base)
    # Loaded in bfloat16, not cast: a cast rounds the rotary frequencies, which stay float32 this way.
    model = AutoModelForImageTextToText.from_pretrained(base, dtype=torch.bfloat16)
    return model, AutoProcessor.from_pretrained(base)


def _draw(config: PretrainConfig, processor: Any, image_tokens: int) -> Drawings:
    seed = config.seed * 10**7
    return draw(config.pictures, seed, config.dialogues, processor, image_tokens, config.workers)


def _measure(
    config: PretrainConfig, recipe: dict[str, Any], trained: dict[str, Any], processor: Any, device: str
) -> None:
    """Accuracy and calibration on pictures never seen, of the model as it will be assembled."""
    model, _ = _untrained(config)
    model.load_state_dict({k: v for k, v in trained.items() if ".lora_" not in k}, strict=False)
    lora = {name: value for name, value in trained.items() if ".lora_" in name}
    nano.merge_lora(model, lora, LORA_SCALE)
    model = model.to(device).eval()
    held_out = draw(config.held_out, HELD_OUT_SEED, 1, processor, model.config.image_tokens, config.workers)
    truth = torch.from_numpy(held_out.labels)
    pictures = torch.from_numpy(held_out.pictures)
    logprobs = measuring.choice_logprobs(model, processor, pictures, tasks.NFFA_LABELS, device)
    # Fitted on one half, reported on the other.
    temperature = measuring.fit_temperature(logprobs[::2], truth[::2])
    recipe["label_temperature"] = temperature
    recipe["figures"] = {
        "renderings": len(truth),
        "accuracy": round(measuring.accuracy(logprobs, truth), 4),
        "calibration_error": round(measuring.calibration_error(logprobs[1::2], truth[1::2], temperature), 4),
    }
    print(json.dumps(recipe["figures"]), flush=True)


def _write(output: Path, recipe: dict[str, Any], history: list[dict[str, float]]) -> None:
    (output / "recipe.json").write_text(json.dumps(recipe, indent=2) + "\n")
    (output / "history.json").write_text(json.dumps(history) + "\n")


if __name__ == "__main__":
    CliApp.run(Arguments)
