"""The class against a plain reference, and a real engine with several adapters in a batch against PEFT."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image
from safetensors.torch import load_file, save_file

from slava import tasks
from slava.model.linear_layers import LINEAR_LAYERS

pytestmark = pytest.mark.slow

# Inputs and the outputs of each slice: qkv, gate and up, o, down.
LAYERS = [(24, (24, 8, 8)), (24, (40, 40)), (24, (24,)), (40, (24,))]
IDS = [30, None, 10, 20]
"""The adapter in each slot; one is empty, and the last is not: there -1 would end up."""
MAX_RANK = 16
TOLERANCE = 1e-3


@pytest.fixture(scope="module", params=["masked", "grouped"])
def way(request):
    """The two ways to multiply."""
    from slava.vllm import cpu_lora

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(cpu_lora, "MASKED_CELLS", 10**9 if request.param == "masked" else 0)
        yield request.param


@pytest.fixture(scope="module")
def wrappers():
    """Makes a wrapper, ours or vLLM's, that knows which adapter each row of a batch wants."""
    from vllm.lora.layers import LoRAMapping
    from vllm.lora.punica_wrapper.punica_cpu import PunicaWrapperCPU

    from slava.vllm.cpu_lora import GroupedPunicaWrapper

    def make(wanted, ours=True):
        wrapper = (GroupedPunicaWrapper if ours else PunicaWrapperCPU)(256, 256, "cpu")
        mapping = LoRAMapping(tuple(wanted), tuple(wanted), is_prefill=True)
        wrapper.update_metadata(mapping, IDS, len(IDS) + 1, vocab_size=100)
        return wrapper

    return make


def _weights(inputs, outputs, ranks):
    """Stacked A and B as vLLM's layers keep them: smaller ranks and empty slots filled up with zeros."""
    a = [torch.zeros(len(IDS), 1, MAX_RANK, inputs) for _ in outputs]
    b = [torch.zeros(len(IDS), 1, size, MAX_RANK) for size in outputs]
    for slot, rank in enumerate(ranks):
        for a_slice, b_slice in zip(a, b, strict=True):
            a_slice[slot, 0, :rank].normal_()
            b_slice[slot, 0, :, :rank].normal_()
    return tuple(a), tuple(b)


def _reference(y, x, a, b, scale, wanted):
    """Row by row, slice by slice."""
    expected = y.clone()
    for row, adapter in enumerate(wanted):
        if adapter:
            slot = IDS.index(adapter)
            parts = [each_b[slot, 0] @ each_a[slot, 0] @ x[row] for each_a, each_b in zip(a, b, strict=True)]
            expected[row] += scale * torch.cat(parts)
    return expected


@settings(deadline=None, max_examples=80)
@given(
    wanted=st.lists(st.sampled_from([0, 10, 20, 30]), min_size=1, max_size=40),
    layer=st.sampled_from(LAYERS),
    ranks=st.tuples(*[st.sampled_from([0 if name is None else 4, 8, 16]) for name in IDS]),
    scale=st.sampled_from([1.0, 0.5]),
)
def test_each_row_gets_its_own_adapter(wrappers, way, wanted, layer, ranks, scale):
    inputs, outputs = layer
    a, b = _weights(inputs, outputs, ranks)
    x, y = torch.randn(len(wanted), inputs), torch.randn(len(wanted), sum(outputs))
    expected = _reference(y, x, a, b, scale, wanted)
    wrappers(wanted).add_lora_linear(y, x, a, b, scale, outputs)
    torch.testing.assert_close(y, expected, atol=1e-4, rtol=1e-4)


@pytest.mark.parametrize("wanted", [[0], [0, 0, 0], [0, 10, 0, 10]])
def test_a_base_row_is_not_touched(wrappers, way, wanted):
    """Not even multiplied by zero: NaN would show."""
    inputs, outputs = LAYERS[0]
    a, b = _weights(inputs, outputs, [8] * len(IDS))
    for slot in (IDS.index(20), IDS.index(30)):
        for stacked in a + b:
            stacked[slot] = torch.nan
    y = torch.randn(len(wanted), sum(outputs))
    before = y.clone()
    wrappers(wanted).add_lora_linear(y, torch.randn(len(wanted), inputs), a, b, 1.0, outputs)
    for row, adapter in enumerate(wanted):
        assert torch.equal(y[row], before[row]) == (adapter == 0)
    assert y.isfinite().all()


def test_an_adapter_that_takes_over_a_slot_is_used_at_once(wrappers, way):
    """vLLM copies it into the layer's memory."""
    inputs, outputs = LAYERS[0]
    wanted = [0, 20, 30]
    wrapper = wrappers(wanted)
    a, b = _weights(inputs, outputs, [8] * len(IDS))
    for newer in (_weights(inputs, outputs, [16] * len(IDS)), _weights(inputs, outputs, [4] * len(IDS))):
        for stacked, weights in zip(a + b, newer[0] + newer[1], strict=True):
            stacked.copy_(weights)
        x, y = torch.randn(len(wanted), inputs), torch.randn(len(wanted), sum(outputs))
        expected = _reference(y, x, a, b, 1.0, wanted)
        wrapper.add_lora_linear(y, x, a, b, 1.0, outputs)
        torch.testing.assert_close(y, expected, atol=1e-4, rtol=1e-4)


@pytest.mark.parametrize(("wanted", "right"), [([10, 20, 30], True), ([10, 0, 20], False)])
def test_vllm_itself_still_gives_base_rows_an_adapter(wrappers, wanted, right):
    """vllm#48421: once this fails, ours is needed for its speed alone."""
    inputs, outputs = LAYERS[0]
    a, b = _weights(inputs, outputs, [8] * len(IDS))
    x, y = torch.randn(len(wanted), inputs), torch.randn(len(wanted), sum(outputs))
    expected = _reference(y, x, a, b, 1.0, wanted)
    wrappers(wanted, ours=False).add_lora_linear(y, x, a, b, 1.0, outputs)
    assert torch.allclose(y, expected, atol=1e-4, rtol=1e-4) == right


# From here on, a real engine.

RANKS = {"films": 8, "powders": 4, "tips": 8}
PAIR = {"films": 0.75, "tips": 0.25}
NAMES = (None, *RANKS, "pair")
ROWS = [(picture, name) for picture in range(3) for name in NAMES]


@pytest.fixture(scope="module")
def network(tiny_checkpoint):
    """The checkpoint with adapters on all linear layers of its language model."""
    from peft import LoraConfig, get_peft_model
    from transformers import AutoModelForImageTextToText

    from slava.model import modeling

    modeling.register()
    model = AutoModelForImageTextToText.from_pretrained(tiny_checkpoint, dtype=torch.float32)
    torch.manual_seed(1)
    layers = rf".*language_model.*\.({'|'.join(LINEAR_LAYERS)})"
    configs = {
        name: LoraConfig(r=rank, lora_alpha=2 * rank, target_modules=layers, init_lora_weights=False)
        for name, rank in RANKS.items()
    }
    (first, config), *others = configs.items()
    adapted = get_peft_model(model, config, first)
    for name, config in others:
        adapted.add_adapter(name, config)
    return adapted.eval()


@pytest.fixture(scope="module")
def adapters(network, tmp_path_factory):
    """Directories as PEFT writes them, and one that composes two of them."""
    folder = tmp_path_factory.mktemp("adapters")
    network.save_pretrained(folder)
    _compose(folder, {folder / name: weight for name, weight in PAIR.items()})
    return {name: str(folder / name) for name in NAMES if name}


def _compose(folder, weights):
    """The adapter that computes the weighted sum of others: A one below the other, B side by side."""
    from peft import LoraConfig

    parts = [(load_file(path / "adapter_model.safetensors"), weight) for path, weight in weights.items()]
    rank = sum(RANKS[path.name] for path in weights)
    config = LoraConfig.from_pretrained(next(iter(weights)))
    config.r, config.lora_alpha = rank, 2 * rank
    config.save_pretrained(folder / "pair")
    pair = {}
    for key in parts[0][0]:
        is_a = ".lora_A." in key
        tensors = [part[key] if is_a else part[key] * weight for part, weight in parts]
        pair[key] = torch.cat(tensors, dim=0 if is_a else 1).contiguous()
    save_file(pair, folder / "pair" / "adapter_model.safetensors")


@pytest.fixture(scope="module")
def asked(tiny_checkpoint, pictures, float32):
    """The prompt, and each micrograph's image tokens."""
    import numpy as np
    from transformers import AutoProcessor

    from slava.model.encoder import VisionEncoder

    processor = AutoProcessor.from_pretrained(tiny_checkpoint)
    messages = tasks.classify(("Films", "Powder")).messages()
    squares = [np.asarray(Image.fromarray(picture).resize((224, 224))) for picture in pictures]
    prompt = processor.apply_chat_template(messages, add_generation_prompt=True)
    return processor, prompt, squares, VisionEncoder(tiny_checkpoint)(squares)[0]


@pytest.fixture(scope="module")
def said(tiny_checkpoint, adapters, asked, tmp_path_factory):
    """One start of the engine, one mixed batch."""
    _, prompt, _, embeds = asked
    folder = tmp_path_factory.mktemp("engine")
    requests, answers = folder / "requests.safetensors", folder / "answers.json"
    save_file({"embeds": embeds}, requests)
    texts = {"prompt": prompt, "rows": ROWS, "adapters": adapters, "rank": MAX_RANK}
    requests.with_suffix(".json").write_text(json.dumps(texts))
    script = Path(__file__).with_name("mixing.py")
    done = subprocess.run(
        [sys.executable, str(script), str(tiny_checkpoint), str(requests), str(answers)],
        env=os.environ | {"VLLM_ALLOW_INSECURE_SERIALIZATION": "1"},
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=280,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-3000:]
    return json.loads(answers.read_text())


def _expected(network, name, inputs):
    """Log-probabilities [1, T, vocabulary] of PEFT's own layers; a pair is two adapters active at once."""
    with torch.inference_mode():
        if name is None:
            with network.disable_adapter():
                return network(**inputs).logits.log_softmax(-1)
        weights = PAIR if name == "pair" else {name: 1.0}
        network.base_model.set_adapter(list(weights))
        for layer in network.modules():
            if hasattr(layer, "set_scale"):
                for adapter, weight in weights.items():
                    layer.set_scale(adapter, weight)
        return network(**inputs).logits.log_softmax(-1)


@pytest.mark.parametrize("row", range(len(ROWS)), ids=[f"{name}-{picture}" for picture, name in ROWS])
def test_a_mixed_batch_says_what_peft_says(said, network, asked, row):
    processor, prompt, squares, _ = asked
    picture, name = ROWS[row]
    answer = said["answers"][row]
    inputs = processor(images=[squares[picture]], text=prompt, return_tensors="pt")
    start = inputs.input_ids.shape[1] - 1
    written = torch.tensor([answer["tokens"][:-1]])
    inputs["input_ids"] = torch.cat([inputs.input_ids, written], dim=1)
    inputs["attention_mask"] = torch.ones_like(inputs.input_ids)
    expected = _expected(network, name, {key: inputs[key] for key in inputs if key != "token_type_ids"})
    for place, step in enumerate(answer["steps"]):
        assert answer["tokens"][place] == int(expected[0, start + place].argmax())
        for token, value in step.items():
            assert value == pytest.approx(float(expected[0, start + place, int(token)]), abs=TOLERANCE)


def test_every_adapter_changes_the_answer(said):
    """An adapter whose keys do not match is ignored in silence (vllm#34186)."""
    for start in range(0, len(ROWS), len(NAMES)):
        firsts = [answer["steps"][0] for answer in said["answers"][start : start + len(NAMES)]]
        for place, first in enumerate(firsts):
            for other in firsts[:place]:
                gaps = [abs(first[token] - other[token]) for token in first.keys() & other.keys()]
                assert max(gaps) > 10 * TOLERANCE


def test_the_engine_runs_our_class(said):
    assert said["wrapper"] == "GroupedPunicaWrapper"
