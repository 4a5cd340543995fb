"""Images/s of the screening, of vLLM alone, and of a transformers loop, on the same micrographs and prompts.

    make bench                              # or: python jobs/bench.py --count 1536

The start-up of each is left out; the pipeline's rate is that of its slowest stage. The figures and
the machine go to `docs/bench.json`.
"""

import json
import os
import sys
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any

from annotated_types import Ge
from pydantic import BaseModel, ConfigDict

from slava import machine, tasks
from slava.cli import run
from slava.processes import alone


class BenchConfig(BaseModel):
    """Measure images/s of the pipeline, of vLLM alone and of a transformers loop."""

    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)

    count: Annotated[int, Ge(64)] = 768
    """Micrographs to screen: so many that the start, when engine and tower share the cores, weighs little."""
    loop_count: Annotated[int, Ge(16)] = 48
    """Micrographs of the transformers loop, which is slow."""
    model: str = "nano"
    """nano, or the directory of a checkpoint."""
    output: Path = Path("docs/bench.json")
    """Where the figures are kept."""


def main(config: BenchConfig) -> int:
    """Run the three, each in a process of its own."""
    rates: dict[str, float] = {}
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch) / "micrographs"
        alone(draw, folder, config.count)
        for name, part in {
            "pipeline": pipeline,
            "vllm": vllm_alone,
            "transformers": transformers_loop,
        }.items():
            count = config.loop_count if name == "transformers" else config.count
            rates[name] = alone(part, folder, count, config.model)
            print(f"{name:<14}{rates[name]:8.2f} images/s", flush=True)
    figures = {
        "images_per_second": {name: round(rate, 3) for name, rate in rates.items()},
        "pipeline_to_vllm": round(rates["pipeline"] / rates["vllm"], 3),
        "pipeline_to_transformers": round(rates["pipeline"] / rates["transformers"], 2),
        "count": config.count,
        "model": config.model,
        "machine": machine.describe(),
        "measured_at": datetime.now(UTC).isoformat(timespec="seconds"),
    }
    config.output.write_text(json.dumps(figures, indent=2) + "\n")
    print(json.dumps(figures, indent=2))
    return 0


def draw(folder: Path, count: int) -> None:
    """Micrographs as PNG files of 512 x 384 pixels, the classes in turn."""
    from PIL import Image

    from slava.synth.render import render

    folder.mkdir(parents=True)
    for index in range(count):
        pixels = render(tasks.NFFA_LABELS[index % 10], 2 * 10**6 + index, 512, 384).pixels
        Image.fromarray(pixels).save(folder / f"{index:05d}.png")


def pipeline(folder: Path, count: int, model: str) -> float:
    """The screening as users run it: decoding, tower and engine, through Ray Data to Parquet.

    The rate is that of its slowest stage while all of them share the machine. Rows come out in bursts,
    and the tower is ahead while the engine starts, so counting rows as they come would flatter it.
    """
    from slava.archives import list_shards
    from slava.results import open_output, read_results
    from slava.screening.config import ScreenConfig
    from slava.screening.done import Done
    from slava.screening.progress import Progress
    from slava.screening.session import Session

    output_uri = str(folder.parent / "screening")
    # Without experts: vLLM alone and the loop have none.
    config = ScreenConfig(input=[str(folder)], output=output_uri, model=model, limit=count, experts="none")
    session = Session.open(config, tasks.NFFA_LABELS)
    output = open_output(config.output)
    session.run(config, list_shards(config.input), Done(), output, "bench", Progress(count))
    rows = [row["timings"] for batch in read_results(output, ["timings"]) for row in batch.to_pylist()]
    slowest = max(sum(float(row[stage]) for row in rows) for stage in ("encode_s", "generate_s"))
    return len(rows) / slowest


def vllm_alone(folder: Path, count: int, model: str) -> float:
    """vLLM's own engine on decoded pictures in memory: its tower, its Llama, the same constrained choice."""
    from slava.vllm.engine import engine_environment, engine_kwargs

    os.environ |= engine_environment(reserved_cores=0)
    from PIL import Image
    from vllm import LLM

    settings = engine_kwargs() | {"limit_mm_per_prompt": {"image": 1}, "enable_mm_embeds": False}
    checkpoint, prompt = classify_prompt(model)
    engine, asked = LLM(str(checkpoint), **settings), classify_sampling(checkpoint)
    pictures = [Image.open(path).convert("RGB") for path in sorted(folder.glob("*.png"))[:count]]
    requests: list[Any] = [{"prompt": prompt, "multi_modal_data": {"image": picture}} for picture in pictures]
    engine.generate(requests[:8], asked, use_tqdm=False)
    engine.reset_prefix_cache()
    began = time.monotonic()
    engine.generate(requests, asked, use_tqdm=False)
    return count / (time.monotonic() - began)


def transformers_loop(folder: Path, count: int, model: str) -> float:
    """The loop that a script would have: `generate` on batches of eight pictures in memory."""
    import torch
    from PIL import Image
    from transformers import AutoModelForImageTextToText, AutoProcessor

    from slava.model import hardware, modeling

    modeling.register()
    checkpoint, prompt = classify_prompt(model)
    processor = AutoProcessor.from_pretrained(checkpoint)
    network = AutoModelForImageTextToText.from_pretrained(checkpoint, dtype=hardware.dtype())
    network = network.to(hardware.device()).eval()
    pictures = [Image.open(path).convert("RGB") for path in sorted(folder.glob("*.png"))[:count]]
    times = [time.monotonic()]
    for start in range(0, count, 8):
        batch = pictures[start : start + 8]
        inputs = processor(text=[prompt] * len(batch), images=batch, return_tensors="pt").to(network.device)
        inputs["pixel_values"] = inputs["pixel_values"].to(network.dtype)
        with torch.inference_mode():
            network.generate(**inputs, max_new_tokens=8, do_sample=False)
        times.append(time.monotonic())
    return 8 * (len(times) - 2) / (times[-1] - times[1])


def classify_prompt(model: str) -> tuple[Path, str]:
    from transformers import AutoProcessor

    from slava.model import configuration
    from slava.model.checkpoints import find_checkpoint
    from slava.screening.prompting import PromptText

    configuration.register()
    checkpoint = find_checkpoint(model)
    processor = AutoProcessor.from_pretrained(checkpoint)
    return checkpoint, PromptText.of(tasks.classify(tasks.NFFA_LABELS), processor).plain


def deciding(checkpoint: Path) -> tasks.Deciding:
    """What tells the ten classes apart."""
    from transformers import AutoTokenizer

    from slava.model.labelling import spellings

    tokenizer = AutoTokenizer.from_pretrained(checkpoint)
    return tasks.deciding(spellings(tokenizer, tasks.NFFA_LABELS), tokenizer.eos_token_id)


def classify_sampling(checkpoint: Path) -> Any:
    """vLLM's SamplingParams of a screening's choice among the ten classes."""
    from vllm import SamplingParams
    from vllm.sampling_params import StructuredOutputsParams

    from slava.screening.asking import choosing

    asked = choosing(tasks.NFFA_LABELS, deciding(checkpoint))
    choice = StructuredOutputsParams(**asked.pop("structured_outputs"))
    return SamplingParams(**asked, structured_outputs=choice)


if __name__ == "__main__":
    sys.exit(run(BenchConfig, main, "jobs/bench.py"))
