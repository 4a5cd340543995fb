import json
import os
import subprocess
import sys

import pytest

from slava.model.checkpoints import ModelError, find_checkpoint, weights_digest


def _raises(model):
    with pytest.raises(ModelError) as error:
        find_checkpoint(str(model))
    message = str(error.value)
    assert "\n" not in message
    assert message.startswith(f"--model {model}: ")
    return message


def test_a_directory_is_found(tiny_checkpoint, monkeypatch):
    assert find_checkpoint(str(tiny_checkpoint)) == tiny_checkpoint
    monkeypatch.chdir(tiny_checkpoint.parent)
    assert find_checkpoint("tiny") == tiny_checkpoint
    assert find_checkpoint("./tiny") == tiny_checkpoint


def test_a_home_directory_is_found(tiny_checkpoint, monkeypatch):
    monkeypatch.setenv("HOME", str(tiny_checkpoint.parent))
    assert find_checkpoint("~/tiny") == tiny_checkpoint


@pytest.mark.parametrize("model", ["nanno", "/no/such/place", "./models/mine", "a/b/c"])
def test_no_such_directory(model):
    assert "no such directory" in _raises(model)


def test_no_checkpoint_in_the_directory(tmp_path):
    assert "no config.json" in _raises(tmp_path)


def test_a_checkpoint_of_another_kind(tmp_path):
    (tmp_path / "config.json").write_text(json.dumps({"model_type": "llava"}))
    message = _raises(tmp_path)
    assert "'llava'" in message
    assert "slava.model.llava" in message


@pytest.mark.parametrize("content", ["", "{", "[]", "\xff"])
def test_a_config_that_is_not_json(tmp_path, content):
    (tmp_path / "config.json").write_bytes(content.encode("latin-1"))
    assert "config.json" in _raises(tmp_path)


def test_a_hub_that_is_off(tmp_path):
    # huggingface_hub reads its environment when imported, so this takes a process of its own.
    code = "from slava.model.checkpoints import find_checkpoint; find_checkpoint('org/model')"
    done = subprocess.run(
        [sys.executable, "-c", code],
        env=os.environ | {"HF_HUB_OFFLINE": "1", "HF_HOME": str(tmp_path)},
        capture_output=True,
        text=True,
        check=False,
    )
    last = done.stderr.strip().splitlines()[-1]
    assert "ModelError: --model org/model: no such directory here, and the hub did not give it" in last


def test_digest_tells_weights_and_nothing_else(tmp_path):
    (tmp_path / "b.safetensors").write_bytes(b"two")
    (tmp_path / "a.safetensors").write_bytes(b"one")
    digest = weights_digest(tmp_path)
    assert len(digest) == 64
    (tmp_path / "config.json").write_text("{}")
    assert weights_digest(tmp_path) == digest
    (tmp_path / "a.safetensors").write_bytes(b"other")
    assert weights_digest(tmp_path) != digest


def test_digest_is_the_same_every_time(tmp_path):
    (tmp_path / "a.safetensors").write_bytes(b"one")
    # Pinned: it stands in results and resumes, and must outlive versions.
    assert weights_digest(tmp_path) == "fe8d7a873dc48961a6af334c996b2cb3ce37149d5ce9c9253952a54c6a92c1ad"
