"""Asks a real engine with a quantized checkpoint and several adapters in one batch, in a process of its own.

python serving.py CHECKPOINT REQUESTS.safetensors ANSWERS.json
"""

import json
import os
import sys
from pathlib import Path

from safetensors.torch import load_file

from slava.vllm.engine import ExpertSlots, engine_environment, engine_kwargs


def main(checkpoint: str, requests: Path, answers: Path) -> None:
    os.environ.update(engine_environment())
    from vllm import LLM, SamplingParams
    from vllm.lora.request import LoRARequest

    from slava.vllm import cpu_quantization

    cpu_quantization.register()
    asked = json.loads(requests.with_suffix(".json").read_text())
    embeds = load_file(requests)["embeds"]
    adapters = {
        name: LoRARequest(name, number, path)
        for number, (name, path) in enumerate(asked["adapters"].items(), 1)
    }
    slots = ExpertSlots(count=len(adapters), rank=8, kept=len(adapters))
    llm = LLM(checkpoint, **engine_kwargs(512, "cpu", slots) | {"dtype": "float32", "max_logprobs": 40})
    outputs = llm.generate(
        [
            {"prompt": asked["prompt"], "multi_modal_data": {"image": embeds[picture][None]}}
            for picture, _ in asked["rows"]
        ],
        SamplingParams(temperature=0, max_tokens=1, logprobs=40),
        lora_request=[adapters.get(name) for _, name in asked["rows"]],
        use_tqdm=False,
    )
    (layers,) = llm.apply_model(_linear_layers)
    answers.write_text(json.dumps({"layers": layers, "answers": [_first(output) for output in outputs]}))


def _linear_layers(model):
    """How each linear layer of the language model multiplies, by its name."""
    from vllm.model_executor.layers.linear import LinearBase

    return {
        name: type(module.scheme.kernel).__name__ if hasattr(module, "scheme") else "unquantized"
        for name, module in model.named_modules()
        if isinstance(module, LinearBase)
    }


def _first(output):
    return {token: found.logprob for token, found in output.outputs[0].logprobs[0].items()}


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]), Path(sys.argv[3]))
