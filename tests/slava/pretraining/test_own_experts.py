import numpy as np
import pyarrow.parquet as pq
import pytest

from slava import tasks
from slava.mope.manifest import ExpertEntry, Manifest, read_manifest
from slava.pretraining.own_experts import OwnExpertsConfig, ship
from slava.results import results_table

LABELS = tasks.NFFA_LABELS


def _row(index: int, rng: np.random.Generator) -> dict[str, object]:
    """Nine tenths sure of a label, and right half of the time."""
    sure = int(rng.integers(len(LABELS)))
    truth = sure if rng.random() < 0.5 else int(rng.integers(len(LABELS)))
    scores = [{"label": label, "score": 0.9 if i == sure else 0.1 / 9} for i, label in enumerate(LABELS)]
    return {"uri": f"/lot/{LABELS[truth]}/{index}.png", "scores": scores}


@pytest.fixture
def trained(tmp_path):
    """What jobs/finetune.py leaves, as far as it matters here."""
    folder = tmp_path / "trained"
    (folder / "experts" / "expert-1").mkdir(parents=True)
    (folder / "experts" / "expert-1" / "adapter_model.safetensors").write_bytes(b"weights")
    (folder / "router.safetensors").write_bytes(b"gate")
    manifest = Manifest(
        base="nano",
        base_digest="b",
        experts=(ExpertEntry(name="expert-1", rank=4, digest="d", share=1.0),),
        top_k=1,
        scale=2.0,
        router_digest="r",
        labels=(),
        label_temperature=1.0,
        metrics={"held_out": 7},
        recipe={"data": "/home/somebody/lessons.jsonl", "output": "/home/somebody/own", "rank": 4},
    )
    (folder / "manifest.json").write_text(manifest.model_dump_json())
    return folder


def test_a_set_is_calibrated_and_copied(trained, tmp_path):
    rng = np.random.default_rng(0)
    screened, target = tmp_path / "screened", tmp_path / "shipped"
    (screened / "results").mkdir(parents=True)
    rows = [_row(index, rng) for index in range(400)]
    pq.write_table(results_table(rows), screened / "results" / "1.parquet")
    target.mkdir()
    (target / "stale").touch()
    assert ship(OwnExpertsConfig(experts=trained, screened=str(screened), target=target)) == 0
    found = read_manifest(target)
    assert found.label_temperature > 1.5
    assert found.metrics["held_out"] == 7
    assert found.metrics["renderings_accuracy"] == pytest.approx(0.55, abs=0.05)
    assert found.metrics["renderings_calibration_error"] < 0.2  # 0.35 as it was told
    assert found.recipe == {"rank": 4}
    files = sorted(str(path.relative_to(target)) for path in target.rglob("*") if path.is_file())
    assert files == ["experts/expert-1/adapter_model.safetensors", "manifest.json", "router.safetensors"]
