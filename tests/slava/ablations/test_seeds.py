"""What was tried is kept, and not tried again."""

import json

from slava.ablations.seeds import tried


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
    assert "machine" in kept
