"""What was tried is kept, and not tried again."""

import json

import pytest

from slava.ablations.seeds import tried
from slava.cli import UsageError


def test_only_what_is_missing_is_tried(tmp_path):
    path, asked = tmp_path / "figures.json", []

    def trial(name: str, seed: int) -> dict[str, float]:
        asked.append((name, seed))
        return {"accuracy": seed / 10}

    tried(path, {"steps": 3}, ["a"], 2, 1, trial)
    runs = tried(path, {"steps": 3}, ["a", "b"], 2, 2, trial)
    assert sorted(asked) == [("a", 0), ("a", 1), ("b", 0), ("b", 1)]
    assert runs == {name: {"0": {"accuracy": 0.0}, "1": {"accuracy": 0.1}} for name in "ab"}
    kept = json.loads(path.read_text())
    assert kept["runs"] == runs
    assert kept["steps"] == 3
    # A variant that is no longer asked for stays in the file.
    tried(path, {"steps": 3}, ["c"], 1, 1, trial)
    assert list(json.loads(path.read_text())["runs"]) == ["a", "b", "c"]
    assert "machine" in kept


def test_other_settings_need_another_file(tmp_path):
    path = tmp_path / "figures.json"
    tried(path, {"steps": 3, "model": "nano"}, ["a"], 1, 1, lambda name, seed: {"accuracy": 0.5})
    with pytest.raises(UsageError, match="begun with another steps"):
        tried(path, {"steps": 4, "model": "nano"}, ["a"], 2, 1, lambda name, seed: {"accuracy": 0.5})
