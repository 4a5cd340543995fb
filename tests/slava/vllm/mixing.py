"""Asks a real engine with several adapters in one batch, in a process of its own.

python mixing.py CHECKPOINT REQUESTS.safetensors ANSWERS.json
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

    asked = json.loads(requests.with_suffix(".json").read_text())
    embeds = load_file(requests)["embeds"]
    slots = ExpertSlots(count=len(asked["adapters"]), rank=asked["rank"], kept=len(asked["adapters"]))
    llm = LLM(checkpoint, **engine_kwargs(512, "cpu", slots) | {"dtype": "float32", "max_logprobs": 40})
    adapters = {
        name: LoRARequest(name, number, path)
        for number, (name, path) in enumerate(asked["adapters"].items(), 1)
    }
    outputs = llm.generate(
        [
            {"prompt": asked["prompt"], "multi_modal_data": {"image": embeds[picture][None]}}
            for picture, _ in asked["rows"]
        ],
        SamplingParams(temperature=0, max_tokens=4, logprobs=40, ignore_eos=True),
        lora_request=[adapters.get(name) for _, name in asked["rows"]],
        use_tqdm=False,
    )
    (wrapper,) = llm.apply_model(_wrapper)
    said = [_answer(output.outputs[0]) for output in outputs]
    answers.write_text(json.dumps({"wrapper": wrapper, "answers": said}))


def _wrapper(model):
    return type(model.lora_manager.punica_wrapper_mapping["language_model"]).__name__


def _answer(output):
    """The tokens, and for each the log-probabilities of the likeliest."""
    steps = [{token: found.logprob for token, found in step.items()} for step in output.logprobs]
    return {"tokens": list(output.token_ids), "steps": steps}


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]), Path(sys.argv[3]))
