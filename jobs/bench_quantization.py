"""What quantizing costs and saves: labels, disk, memory, images/s, and images/s with four adapters mixed.

    python jobs/bench_quantization.py                  # about ten minutes on two cores

Each engine runs in a process of its own on the same image tokens of fresh renderings; its start is left
out. The figures and the machine go to `docs/bench_quantization.json`.
"""

import json
import os
import sys
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any, Literal, get_args

from annotated_types import Ge
from bench import classify_prompt, classify_sampling
from pydantic import BaseModel, ConfigDict

from slava import machine, tasks
from slava.cli import run
from slava.processes import alone
from slava.quantization import Scheme

FIRST_SEED = 3 * 10**8
"""Of renderings that no training, calibration or test has seen."""
ADAPTERS = 4
RANK = 8


class BenchConfig(BaseModel):
    """Compare a checkpoint with its quantized twins, engine against engine."""

    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)

    count: Annotated[int, Ge(50)] = 400
    """Fresh renderings, in equal parts of the ten classes."""
    model: str = "nano"
    """nano, or the directory of a checkpoint."""
    output: Path = Path("docs/bench_quantization.json")
    """Where the figures are kept."""


def main(config: BenchConfig) -> int:
    """Draw once, then one engine after the other."""
    found: dict[str, dict[str, Any]] = {}
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        alone(draw, folder, config.count, config.model)
        alone(make_adapters, folder, config.model)
        for scheme in ("none", *get_args(Scheme)):
            found[scheme] = alone(serve, folder, config.model, scheme)
            print(
                scheme, {name: value for name, value in found[scheme].items() if name != "labels"}, flush=True
            )
    figures = {
        "schemes": {scheme: _compared(row, found["none"]) for scheme, row in found.items()},
        "count": config.count,
        "adapters": {"mixed": ADAPTERS, "rank": RANK},
        "model": config.model,
        "machine": machine.describe(),
        "measured_at": datetime.now(UTC).isoformat(timespec="seconds"),
    }
    config.output.write_text(json.dumps(figures, indent=2) + "\n")
    print(json.dumps(figures, indent=2))
    return 0


def draw(folder: Path, count: int, model: str) -> None:
    """Image tokens [N, T, H] of fresh renderings, the classes in turn."""
    import numpy as np
    import torch
    from safetensors.torch import save_file

    from slava.model.checkpoints import find_checkpoint
    from slava.model.encoder import VisionEncoder
    from slava.synth.render import render

    encoder = VisionEncoder(find_checkpoint(model))
    tokens = []
    for start in range(0, count, 20):
        drawn = [
            render(_label(index), FIRST_SEED + index).pixels for index in range(start, min(start + 20, count))
        ]
        tokens.append(encoder([np.repeat(pixels[..., None], 3, axis=-1) for pixels in drawn])[0])
    save_file({"tokens": torch.cat(tokens)}, folder / "tokens.safetensors")


def _label(index: int) -> str:
    return tasks.NFFA_LABELS[index % len(tasks.NFFA_LABELS)]


def make_adapters(folder: Path, model: str) -> None:
    """Adapters on every linear layer of the language model, random and small: their size is what costs."""
    import torch
    from peft import LoraConfig
    from safetensors.torch import save_file

    from slava.model.checkpoints import find_checkpoint
    from slava.model.linear_layers import LINEAR_LAYERS
    from slava.quantization.decoder import PREFIX, Weights

    weights = Weights(find_checkpoint(model))
    names = [name for name in weights.files if name.startswith(f"{PREFIX}layers.") and "_proj." in name]
    generator = torch.Generator().manual_seed(0)
    for number in range(ADAPTERS):
        path = folder / f"adapter-{number}"
        LoraConfig(r=RANK, lora_alpha=RANK, target_modules=list(LINEAR_LAYERS)).save_pretrained(path)
        tensors = {}
        for name in names:
            key, (rows, columns) = f"base_model.model.{name.removesuffix('.weight')}", weights[name].shape
            tensors[f"{key}.lora_A.weight"] = torch.randn(RANK, columns, generator=generator) / columns**0.5
            tensors[f"{key}.lora_B.weight"] = torch.randn(rows, RANK, generator=generator) * 1e-3
        save_file(tensors, path / "adapter_model.safetensors")


def serve(folder: Path, model: str, scheme: Scheme | Literal["none"]) -> dict[str, Any]:
    """One engine's labels, sizes and rates."""
    from slava.model.checkpoints import find_checkpoint
    from slava.quantization.cache import quantized

    plain = find_checkpoint(model)
    checkpoint = plain if scheme == "none" else quantized(plain, scheme)
    from slava.vllm.engine import ExpertSlots, engine_environment, engine_kwargs

    os.environ |= engine_environment(reserved_cores=0)
    from safetensors.torch import load_file
    from vllm import LLM
    from vllm.lora.request import LoRARequest

    before = _resident_mb()
    slots = ExpertSlots(count=ADAPTERS, rank=RANK, kept=ADAPTERS)
    engine = LLM(str(checkpoint), **engine_kwargs(experts=slots))
    loaded = _resident_mb()
    _, prompt = classify_prompt(str(checkpoint))
    asked = classify_sampling(checkpoint)
    requests = [
        {"prompt": prompt, "multi_modal_data": {"image": tokens[None]}}
        for tokens in load_file(folder / "tokens.safetensors")["tokens"]
    ]
    adapters = [LoRARequest(f"{n}", n + 1, str(folder / f"adapter-{n}")) for n in range(ADAPTERS)]
    mixed = [adapters[index % ADAPTERS] for index in range(len(requests))]
    labels, rate = _answers(engine, asked, requests, None)
    _, mixed_rate = _answers(engine, asked, requests, mixed)
    return {
        "labels": labels,
        "disk_mb": round(sum(path.stat().st_size for path in checkpoint.glob("*.safetensors")) / 1e6, 1),
        "resident_mb": round(loaded - before, 1),
        "images_per_second": round(rate, 2),
        "images_per_second_with_adapters": round(mixed_rate, 2),
    }


def _answers(
    engine: Any, asked: Any, requests: list[Any], adapters: list[Any] | None
) -> tuple[list[str], float]:
    """The labels, and images/s after a warm-up."""
    engine.generate(requests[:8], asked, lora_request=adapters and adapters[:8], use_tqdm=False)
    engine.reset_prefix_cache()
    began = time.monotonic()
    outputs = engine.generate(requests, asked, lora_request=adapters, use_tqdm=False)
    rate = len(requests) / (time.monotonic() - began)
    return [_told(output.outputs[0].text) for output in outputs], rate


def _told(beginning: str) -> str:
    """The label that begins so: no more of it is written than tells it from the others."""
    labels = [label for label in tasks.NFFA_LABELS if label.startswith(beginning)]
    return labels[0] if len(labels) == 1 else beginning


def _compared(row: dict[str, Any], plain: dict[str, Any]) -> dict[str, Any]:
    """The figures of one scheme, its labels held against the unquantized engine's and the truth."""
    labels = row["labels"]
    same = sum(label == other for label, other in zip(labels, plain["labels"], strict=True))
    right = sum(label == _label(index) for index, label in enumerate(labels))
    rest = {name: value for name, value in row.items() if name != "labels"}
    return {"agreement": round(same / len(labels), 4), "accuracy": round(right / len(labels), 4), **rest}


def _resident_mb() -> float:
    """Resident memory of this process."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 1e6


if __name__ == "__main__":
    sys.exit(run(BenchConfig, main, "jobs/bench_quantization.py"))
