"""Runs requests through a real engine, in a process of its own: vLLM binds that to its cores.

python answering.py CHECKPOINT REQUESTS.safetensors ANSWERS.json
"""

import json
import os
import sys
from pathlib import Path

from safetensors.torch import load_file

from slava.vllm.engine import engine_environment, engine_kwargs

FIRST = {"temperature": 0.0, "max_tokens": 1, "logprobs": 40}


def main(checkpoint: str, requests: Path, answers: Path) -> None:
    os.environ.update(engine_environment())
    from vllm import LLM

    tensors = load_file(requests)
    texts = json.loads(requests.with_suffix(".json").read_text())
    # As the reference computes, whatever is fast on this machine.
    kwargs = engine_kwargs(max_model_len=512) | {"dtype": "float32", "max_logprobs": 40}
    both = kwargs | {"limit_mm_per_prompt": {"image": 2}}
    said = _with_pictures(LLM(checkpoint, **both), tensors, texts)
    said["embedding-only"] = _embeddings_only(LLM(checkpoint, **kwargs), tensors, texts)
    answers.write_text(json.dumps(said))


def _with_pictures(llm, tensors, texts):
    from PIL import Image

    pictures = [Image.fromarray(picture.numpy()) for picture in tensors["pictures"]]
    embeds = tensors["embeds"]
    ask, two = texts["ask"], texts["two"]
    return {
        "pixels": [_answer(llm, ask, picture) for picture in pictures],
        "grey": _answer(llm, ask, pictures[0].convert("L")),
        "embeds": [_answer(llm, ask, tokens[None]) for tokens in embeds],
        "embeds in a list": [_answer(llm, ask, [tokens]) for tokens in embeds],
        "two pictures": _answer(llm, two, pictures[:2]),
        "two embeds": _answer(llm, two, embeds[:2]),
        "no picture": _answer(llm, texts["none"]),
        "flat embeds": _refusal(llm, ask, embeds[0]),
        "numpy embeds": _refusal(llm, ask, embeds[:1].numpy()),
        "too few embeds": _refusal(llm, two, embeds[:1]),
        "same id": [_answer(llm, ask, picture, uuid="lot-7") for picture in pictures[:2]],
    }


def _embeddings_only(llm, tensors, texts):
    from PIL import Image

    embeds, ask = tensors["embeds"], texts["ask"]
    names = llm.apply_model(_parameters)[0]
    choice = {"max_tokens": 32, "structured_outputs": {"choice": texts["labels"]}}
    return {
        "embeds": [_answer(llm, ask, tokens[None]) for tokens in embeds],
        "pixels": _refusal(llm, ask, Image.fromarray(tensors["pictures"][0].numpy())),
        "choices": [_answer(llm, ask, tokens[None], **choice) for tokens in embeds],
        "tower": [name for name in names if "tower" in name or "projector" in name],
    }


def _parameters(model):
    return [name for name, _ in model.named_parameters()]


def _answer(llm, prompt, image=None, uuid=None, **sampling):
    """The text, the tokens, and for each step the log-probabilities of the likeliest tokens."""
    from vllm import SamplingParams
    from vllm.sampling_params import StructuredOutputsParams

    if "structured_outputs" in sampling:
        sampling["structured_outputs"] = StructuredOutputsParams(**sampling["structured_outputs"])
    request = {"prompt": prompt}
    if image is not None:
        request["multi_modal_data"] = {"image": image}
    if uuid:
        request["multi_modal_uuids"] = {"image": uuid}
    output = llm.generate(request, SamplingParams(**(FIRST | sampling)), use_tqdm=False)[0]
    answer = output.outputs[0]
    steps = [{token: found.logprob for token, found in step.items()} for step in answer.logprobs]
    return {
        "text": answer.text,
        "tokens": list(answer.token_ids),
        "steps": steps,
        "asked": output.prompt_token_ids,
    }


def _refusal(llm, prompt, image):
    try:
        _answer(llm, prompt, image)
    except Exception as error:  # noqa: BLE001 - which kind it is, the test says
        return f"{type(error).__name__}: {error}"
    return None


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]), Path(sys.argv[3]))
