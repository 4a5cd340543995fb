"""The real endpoint: Ray Serve, vLLM, and a tiny sLAVA with three experts, on loopback."""

import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest
import yaml

from jobs.demo import local_ray

ROOT = Path(__file__).parents[2]
START_S = 420
EXPERTS = ("pores", "wires", "films")
RANK, SCALE = 4, 2.0
MARK = "SLAVA_TEST_ENDPOINT"
"""In the environment of all processes of an endpoint: its port."""


@dataclass(frozen=True)
class Running:
    """An endpoint that answers."""

    url: str
    experts: Path
    dashboard: str
    environment: dict[str, str]


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


@contextmanager
def deployed(folder: Path, arguments: dict[str, Any]) -> Iterator[Running]:
    """`serve deploy` of serve/config.yaml with these arguments, on a Ray and a port of its own."""
    port = _free_port()
    config = yaml.safe_load((ROOT / "serve" / "config.yaml").read_text())
    config["http_options"] |= {"port": port, "request_timeout_s": 400}
    config["applications"][0]["args"] = arguments
    path = folder / "config.yaml"
    path.write_text(yaml.safe_dump(config))
    environment = {**os.environ, "RAY_AUTH_MODE": "token", "RAY_USAGE_STATS_ENABLED": "0"}
    environment |= {"PYTHONPATH": str(ROOT), MARK: str(port)}
    environment["PATH"] = f"{Path(sys.executable).parent}:{environment['PATH']}"
    # A token in a file: with RAY_AUTH_TOKEN alone the part of the dashboard that deploys dies (Ray 2.60).
    generate = ["ray", "get-auth-token", "--generate"]
    subprocess.run(generate, env=environment, check=True, capture_output=True)
    with local_ray(folder, environment) as dashboard:
        command = ["serve", "deploy", "--address", dashboard, str(path)]
        subprocess.run(command, env=environment, cwd=ROOT, check=True, capture_output=True)
        url = f"http://127.0.0.1:{port}"
        _wait(url, dashboard, environment)
        yield Running(url, Path(arguments.get("experts", "")), dashboard, environment)


@pytest.fixture(scope="session")
def running(
    tiny_checkpoint: Path, expert_set: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Running]:
    """An endpoint without keys, with experts."""
    folder = tmp_path_factory.mktemp("endpoint")
    arguments = {
        "model": str(tiny_checkpoint),
        "experts": str(expert_set),
        "max_in_flight": 8,
        "timeout_s": 300,
    }
    with deployed(folder, arguments | {"requests_a_minute": 100_000}) as endpoint:
        yield endpoint


@pytest.fixture(scope="session")
def endpoint(running: Running) -> str:
    """Its address."""
    return running.url


def _wait(url: str, dashboard: str, environment: dict[str, str]) -> None:
    deadline = time.monotonic() + START_S
    while time.monotonic() < deadline:
        try:
            if httpx.get(f"{url}/ready", timeout=5).status_code == 200:
                return
        except httpx.HTTPError:
            pass
        time.sleep(1)
    told = subprocess.run(
        ["serve", "status", "--address", dashboard], env=environment, capture_output=True, text=True
    )
    pytest.fail(f"the endpoint did not come up in {START_S} s:\n{told.stdout[-3000:]}")


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
