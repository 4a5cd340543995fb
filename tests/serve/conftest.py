"""The real endpoint: Ray Serve, vLLM, and a tiny sLAVA with three experts, on loopback."""

import io
from collections.abc import Iterator
from contextlib import redirect_stdout
from pathlib import Path
from typing import Any

import numpy as np
import psutil
import pytest
from PIL import Image

from serve import keys
from serve.deployed import MARK, Deployed, deployed

EXPERTS = ("pores", "wires", "films")
RANK, SCALE = 4, 2.0


@pytest.fixture(scope="session")
def expert_set(tiny_checkpoint: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Three experts of the tiny checkpoint, with a gate that uses them all."""
    directory = tmp_path_factory.mktemp("experts")
    write_experts(directory, tiny_checkpoint, EXPERTS)
    return directory


def write_experts(directory: Path, checkpoint: Path, names: tuple[str, ...]) -> None:
    """Experts with random weights, as jobs/finetune.py writes them."""
    import torch
    from transformers import AutoConfig

    from slava.model import configuration
    from slava.model.checkpoints import weights_digest
    from slava.mope.adapters import layer_shapes, save_adapter
    from slava.mope.expert_set import save_router
    from slava.mope.gate import Gate
    from slava.mope.manifest import ExpertEntry, Manifest

    configuration.register()
    config = AutoConfig.from_pretrained(checkpoint)
    torch.manual_seed(0)
    entries = []
    for name in names:
        adapter = {
            key: (torch.randn(RANK, inner) * 0.3, torch.randn(outer, RANK) * 0.3)
            for key, (inner, outer) in layer_shapes(config.text_config).items()
        }
        digest = save_adapter(adapter, directory / "experts" / name, SCALE, "tiny")
        entries.append(ExpertEntry(name=name, rank=RANK, digest=digest, share=1 / len(names)))
    features = 2 * config.vision_config.hidden_size + config.text_config.hidden_size
    gate = Gate(features, len(names), top_k=2)
    torch.nn.init.normal_(gate.linear.weight)
    manifest = Manifest(
        base="tiny",
        base_digest=weights_digest(checkpoint),
        experts=tuple(entries),
        top_k=2,
        scale=SCALE,
        router_digest=save_router(gate, directory, torch.randn(5, features), {"bias": torch.zeros(1)}),
        labels=("pores", "wires", "films"),
        label_temperature=1.5,
        metrics={},
        recipe={},
    )
    part = directory / "manifest.part"
    part.write_text(manifest.model_dump_json())
    part.replace(directory / "manifest.json")


@pytest.fixture(scope="session")
def key_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The endpoint's file of API keys."""
    return tmp_path_factory.mktemp("keys") / "keys.txt"


@pytest.fixture(scope="session")
def authorization(key_file: Path) -> dict[str, str]:
    """The headers of who may ask."""
    return {"authorization": f"Bearer {new_key(key_file, 'tests')}"}


def write_archive(folder: Path, name: str, features_ND: Any, model_digest: str) -> None:
    """A file of results with these features, as a screening by the model with this digest leaves it."""
    import pyarrow.parquet as pq

    from slava.results import results_table

    jpeg = io.BytesIO()
    Image.new("L", (8, 8)).save(jpeg, "JPEG")
    rows = [
        {
            "image_id": f"{name}{number}".encode().hex().zfill(64),
            "uri": f"{name}-{number}.tif",
            "page": 0,
            "label": "Tips",
            "confidence": 0.5,
            "thumbnail": jpeg.getvalue(),
            "model_digest": model_digest,
            "features": features,
        }
        for number, features in enumerate(features_ND)
    ]
    (folder / "results").mkdir(exist_ok=True)
    part = folder / f"{name}.part"
    pq.write_table(results_table(rows), part)
    part.replace(folder / "results" / f"{name}.parquet")


def processes(running: Deployed, name: str) -> set[int]:
    """Those with this in their command line, of this endpoint and not of another."""
    return {
        process.pid
        for process in psutil.process_iter(["cmdline"])
        if name in " ".join(process.info["cmdline"] or [])
        and process.environ().get(MARK) == str(running.port)
    }


def new_key(key_file: Path, name: str) -> str:
    """A key as an operator makes one."""
    with redirect_stdout(io.StringIO()) as told:
        assert keys.main(["add", str(key_file), name]) == 0
    return told.getvalue().strip()


@pytest.fixture(scope="session")
def running(
    tiny_checkpoint: Path,
    expert_set: Path,
    key_file: Path,
    authorization: dict[str, str],
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Deployed]:
    """An endpoint with keys, experts and an archive."""
    from transformers import AutoConfig

    from slava.model import configuration
    from slava.model.checkpoints import weights_digest

    configuration.register()
    folder = tmp_path_factory.mktemp("endpoint")
    width = 2 * AutoConfig.from_pretrained(tiny_checkpoint).vision_config.hidden_size
    features = np.random.default_rng(0).normal(size=(9, width))
    write_archive(folder, "lot", features, weights_digest(tiny_checkpoint))
    arguments = {
        "model": str(tiny_checkpoint),
        "experts": str(expert_set),
        "keys": str(key_file),
        "archive": str(folder),
        "max_in_flight": 8,
        "timeout_s": 300,
    }
    with deployed(folder, arguments | {"requests_a_minute": 100_000}) as endpoint:
        yield endpoint


@pytest.fixture(scope="session")
def endpoint(running: Deployed) -> str:
    """Its address."""
    return running.url
