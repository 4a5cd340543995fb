"""Images/s of the engine alone: without experts, and with four mixed row by row, by our class and by vLLM's.

    python jobs/bench_experts.py                # or: --count 384 --experts 8 --rank 16

Each engine has a process of its own, one after the other, round by round; the image tokens are in memory. The
experts' B is zero, as PEFT starts them: they cost what trained ones cost, and all engines write the
same. The figures and the machine go to `docs/bench_experts.json`.
"""

import json
import os
import statistics
import sys
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any, Literal

from annotated_types import Ge
from bench import classify_prompt, classify_sampling, draw
from pydantic import BaseModel, ConfigDict

from slava import machine
from slava.cli import run
from slava.processes import alone

Way = Literal["base", "experts", "stock"]


class BenchExpertsConfig(BaseModel):
    """Measure images/s of the engine with and without experts."""

    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)

    count: Annotated[int, Ge(64)] = 256
    """Micrographs to ask about."""
    stock_count: Annotated[int, Ge(16)] = 64
    """Micrographs for vLLM's own multi-LoRA, which is slow."""
    rounds: Annotated[int, Ge(1)] = 2
    """Times that each engine is measured; the figure is the median. vLLM's own multi-LoRA has one."""
    experts: Annotated[int, Ge(1)] = 4
    """Adapters in a batch."""
    rank: Annotated[int, Ge(1)] = 8
    """Their rank."""
    model: str = "nano"
    """nano, or the directory of a checkpoint."""
    output: Path = Path("docs/bench_experts.json")
    """Where the figures are kept."""


def main(config: BenchExpertsConfig) -> int:
    """Run the engines one after the other, so that a slow spell of the machine hits all of them."""
    rates: dict[Way, list[float]] = {"base": [], "experts": [], "stock": []}
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        alone(draw, folder / "micrographs", config.count)
        alone(prepare, folder, config)
        for turn in range(config.rounds):
            for way, measured in rates.items():
                if way == "stock" and turn:
                    continue
                measured.append(alone(engine_rate, folder, config, way))
                print(f"{way:<10}{measured[-1]:8.2f} images/s", flush=True)
    medians = {way: statistics.median(measured) for way, measured in rates.items()}
    figures = {
        "images_per_second": {way: [round(rate, 3) for rate in measured] for way, measured in rates.items()},
        "experts_to_base": round(medians["experts"] / medians["base"], 3),
        "stock_to_base": round(medians["stock"] / medians["base"], 3),
        **config.model_dump(include={"count", "stock_count", "experts", "rank", "model"}),
        "machine": machine.describe(),
        "measured_at": datetime.now(UTC).isoformat(timespec="seconds"),
    }
    config.output.write_text(json.dumps(figures, indent=2) + "\n")
    print(json.dumps(figures, indent=2))
    return 0


def prepare(folder: Path, config: BenchExpertsConfig) -> None:
    """The micrographs' image tokens, and adapters on all linear layers of the language model."""
    import numpy as np
    from peft import LoraConfig, get_peft_model
    from PIL import Image
    from safetensors.torch import save_file
    from torch import cat
    from transformers import AutoModelForImageTextToText

    from slava.model import modeling
    from slava.model.encoder import VisionEncoder
    from slava.model.linear_layers import LINEAR_LAYERS

    modeling.register()
    checkpoint, _ = classify_prompt(config.model)
    encode = VisionEncoder(checkpoint)
    pictures = [np.asarray(Image.open(path).convert("RGB")) for path in sorted(folder.glob("micrographs/*"))]
    batches = [pictures[start : start + 16] for start in range(0, len(pictures), 16)]
    save_file({"tokens": cat([encode(batch)[0] for batch in batches])}, folder / "tokens.safetensors")
    network = AutoModelForImageTextToText.from_pretrained(checkpoint)
    layers = rf".*language_model.*\.({'|'.join(LINEAR_LAYERS)})"
    adapted = get_peft_model(network, LoraConfig(r=config.rank, target_modules=layers), "0")
    for index in range(1, config.experts):
        adapted.add_adapter(str(index), LoraConfig(r=config.rank, target_modules=layers))
    adapted.save_pretrained(folder / "experts")


def engine_rate(folder: Path, config: BenchExpertsConfig, way: Way) -> float:
    """Images/s of the screening's engine, prompt and choice; the start-up is left out."""
    from slava.vllm.engine import ExpertSlots, engine_environment, engine_kwargs

    os.environ |= engine_environment(reserved_cores=0)
    if way == "stock":
        os.environ["VLLM_PLUGINS"] = "slava"  # the model, without our platform
    from safetensors.torch import load_file
    from vllm import LLM
    from vllm.lora.request import LoRARequest

    experts = [LoRARequest(str(i), i + 1, str(folder / "experts" / str(i))) for i in range(config.experts)]
    slots = ExpertSlots(config.experts, config.rank, kept=config.experts)
    checkpoint, prompt = classify_prompt(config.model)
    engine = LLM(str(checkpoint), **engine_kwargs(experts=None if way == "base" else slots))
    asked = classify_sampling(checkpoint)
    tokens = load_file(folder / "tokens.safetensors")["tokens"][
        : config.stock_count if way == "stock" else None
    ]
    requests: list[Any] = [{"prompt": prompt, "multi_modal_data": {"image": each[None]}} for each in tokens]
    wanted = None if way == "base" else [experts[row % len(experts)] for row in range(len(requests))]
    engine.generate(requests[:8], asked, use_tqdm=False, lora_request=wanted and wanted[:8])
    engine.reset_prefix_cache()
    began = time.monotonic()
    engine.generate(requests, asked, use_tqdm=False, lora_request=wanted)
    return len(requests) / (time.monotonic() - began)


if __name__ == "__main__":
    sys.exit(run(BenchExpertsConfig, main, "jobs/bench_experts.py"))
