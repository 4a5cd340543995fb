import json
from pathlib import Path

import pytest
import torch

from slava.mope.adapters import composed, expert_of, load_adapter, save_adapter
from slava.mope.expert_set import ExpertSet, load_replay, save_router
from slava.mope.gate import Gate
from slava.mope.manifest import ExpertEntry, ExpertError, Manifest
from tests.slava.mope.conftest import EXPERTS, RANK, SCALE

BASE = "0" * 64


@pytest.fixture
def written(adapted, tmp_path) -> tuple[Path, object]:
    """A set of three experts, and the configuration of its model."""
    model, _, layers = adapted
    gate = Gate(6, 3, top_k=2)
    torch.nn.init.normal_(gate.linear.weight)
    entries = []
    for name in EXPERTS:
        digest = save_adapter(expert_of(layers, name, RANK), tmp_path / "experts" / name, SCALE, "tiny")
        entries.append(ExpertEntry(name=name, rank=RANK, digest=digest, share=1 / 3))
    manifest = Manifest(
        base="tiny",
        base_digest=BASE,
        experts=tuple(entries),
        top_k=2,
        scale=SCALE,
        router_digest=save_router(gate, tmp_path, torch.randn(5, 6), {"bias": torch.zeros(1)}),
        labels=("a", "b"),
        label_temperature=1.5,
        metrics={},
        recipe={},
    )
    (tmp_path / "manifest.json").write_text(manifest.model_dump_json())
    return tmp_path, model.config.text_config


def test_opens_and_mixes(written):
    directory, text_config = written
    experts = ExpertSet.open(directory, BASE, text_config)
    assert experts.names == list(EXPERTS)
    assert experts.max_rank == 2 * RANK
    assert experts.gate()(torch.zeros(1, 6)).shape == (1, 3)
    assert load_replay(directory).shape == (5, 6)

    one = experts.mixture([0.0, 1.0, 0.0])
    assert (one.name, one.directory) == ("wires", directory / "experts" / "wires")

    pair = experts.mixture([0.75, 0.0, 0.25])
    assert pair.name == "films:0.75+pores:0.25"
    expected = composed([(experts.adapter("films"), 0.75), (experts.adapter("pores"), 0.25)])
    found = load_adapter(pair.directory)
    assert all(torch.equal(found[key][1], b) for key, (_, b) in expected.items())
    assert experts.mixture([0.75, 0.0, 0.25]) == pair != experts.mixture([0.25, 0.0, 0.75])


def test_an_unknown_expert(written):
    directory, text_config = written
    with pytest.raises(ExpertError, match=r"--expert bolts: .* has films, wires, pores"):
        ExpertSet.open(directory, BASE, text_config).pinned("bolts")


def test_experts_of_another_model(written):
    directory, text_config = written
    with pytest.raises(ExpertError, match="experts of another model"):
        ExpertSet.open(directory, "f" * 64, text_config)


@pytest.mark.parametrize(
    "name", ["router.safetensors", "experts/wires/adapter_model.safetensors"], ids=["router", "adapter"]
)
def test_a_file_that_is_not_the_manifests(written, name):
    directory, text_config = written
    content = bytearray((directory / name).read_bytes())
    content[-1] ^= 1
    (directory / name).write_bytes(content)
    with pytest.raises(ExpertError, match="copy the set anew"):
        ExpertSet.open(directory, BASE, text_config)


@pytest.mark.parametrize(
    "name", ["router.safetensors", "experts/wires/adapter_model.safetensors", "manifest.json"]
)
def test_a_file_that_is_missing(written, name):
    directory, text_config = written
    (directory / name).unlink()
    with pytest.raises(ExpertError, match="No such file"):
        ExpertSet.open(directory, BASE, text_config)


def test_a_manifest_of_another_kind(written):
    directory, text_config = written
    manifest = json.loads((directory / "manifest.json").read_text())
    (directory / "manifest.json").write_text(json.dumps({**manifest, "top_k": "many"}))
    with pytest.raises(ExpertError, match=r"manifest.json: top_k"):
        ExpertSet.open(directory, BASE, text_config)
