import torch

from slava.mope.adapters import check_adapter, composed, expert_of, load_adapter, save_adapter
from slava.mope.layers import MixtureLinear, Routing
from tests.slava.mope.conftest import EXPERTS, RANK, SCALE


def _served(tiny_model, adapter, directory, dtype=torch.bfloat16):
    """The model with this adapter, through peft's own loading."""
    from peft import PeftModel

    save_adapter(adapter, directory, SCALE, "tiny", dtype)
    return PeftModel.from_pretrained(tiny_model, directory).eval().get_base_model()


def _fresh(tiny_checkpoint):
    from transformers import AutoModelForImageTextToText

    return AutoModelForImageTextToText.from_pretrained(tiny_checkpoint, dtype=torch.float32).eval()


def test_without_weights_it_is_the_base(adapted, tiny_checkpoint, states):
    model, _, _ = adapted
    assert torch.equal(states(model), states(_fresh(tiny_checkpoint)))


def test_one_expert_is_its_peft_adapter(adapted, tiny_checkpoint, states, tmp_path):
    model, routing, layers = adapted
    for layer in layers.values():  # as stored
        for values in (layer.lora_A, layer.lora_B):
            for value in values.values():
                value.data = value.data.bfloat16().float()
    for place, name in enumerate(EXPERTS):
        routing.weights_BE = torch.nn.functional.one_hot(torch.full((3,), place), 3).float()
        ours = states(model)
        served = _served(_fresh(tiny_checkpoint), expert_of(layers, name, RANK), tmp_path / name)
        assert torch.allclose(ours, states(served), atol=1e-4), name


def test_a_mixture_is_one_adapter_of_the_joint_rank(adapted, tiny_checkpoint, states, tmp_path):
    model, routing, layers = adapted
    routing.weights_BE = torch.tensor([[0.75, 0.0, 0.25]]).repeat(3, 1)
    adapter = composed([(expert_of(layers, "films", RANK), 0.75), (expert_of(layers, "pores", RANK), 0.25)])
    served = _served(_fresh(tiny_checkpoint), adapter, tmp_path / "pair", torch.float32)
    ours, theirs = states(model), states(served)
    assert torch.allclose(ours, theirs, atol=1e-4)
    assert not torch.allclose(ours, states(_fresh(tiny_checkpoint)), atol=0.1)


def test_each_sample_has_its_own_weights(adapted, states):
    model, routing, _ = adapted
    routing.weights_BE = torch.eye(3)
    mixed = states(model)
    for place in range(3):
        routing.weights_BE = torch.eye(3)[place].repeat(3, 1)
        assert torch.allclose(mixed[place], states(model)[place], atol=1e-5)


def test_a_smaller_rank_uses_the_first_directions():
    routing = Routing(rank=2)
    layer = MixtureLinear(torch.nn.Linear(6, 5), ["a"], rank=4, scale=1.0, routing=routing)
    torch.nn.init.normal_(layer.lora_B["a"])
    routing.weights_BE = torch.ones(1, 1)
    x = torch.randn(1, 3, 6)
    a, b = layer.lora_A["a"][:2], layer.lora_B["a"][:, :2]
    assert torch.allclose(layer(x), layer.base(x) + x @ a.T @ b.T, atol=1e-6)


def test_round_trip_and_check(adapted, tmp_path):
    model, _, layers = adapted
    adapter = expert_of(layers, "wires", 2)
    save_adapter(adapter, tmp_path / "wires", SCALE, "tiny")
    back = load_adapter(tmp_path / "wires")
    assert back.keys() == adapter.keys()
    for key, (a, b) in adapter.items():
        assert torch.equal(back[key][0], a.bfloat16().float())
        assert torch.equal(back[key][1], b.bfloat16().float())
    check_adapter(back, model.config.text_config, tmp_path / "wires")
