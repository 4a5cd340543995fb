"""The comparison of domains as a user starts it, on a tiny model."""

import json

import pytest

from jobs import compare_domains
from slava import cli
from slava.ablations.domains import VARIANTS
from tests.slava.finetuning.conftest import classes, picture  # noqa: F401 - a fixture

ROW = {"first": 0.5, "then": 0.9, "first_of_all": 0.4, "then_of_all": 0.8, "trainable_parameters": 4096}


def _here(*arguments: object) -> int:
    return cli.run(
        compare_domains.CompareDomainsConfig, compare_domains.main, "jobs", [str(one) for one in arguments]
    )


def test_the_table_tells_what_was_lost():
    runs = {"one": {"0": ROW | {"first_before": 0.6}, "1": ROW | {"first_before": 0.55}}, "both": {"0": ROW}}
    titles, _, one, both = compare_domains.table(runs)
    assert titles.startswith(
        "| variant | seeds | first, before the second | first, after it | change, points |"
    )
    assert "| -7.5 (-10.0 to -5.0) | 0.900 | 0.700 | 0.400 | 0.800 | 0.600 | 4,096 |" in one
    assert both.startswith("| both | 1 | – | 0.500 | – | 0.900 |")


@pytest.fixture
def here(monkeypatch):
    """Trials in this process: a fresh one takes longer to begin than the tiny model to train."""
    monkeypatch.setattr(compare_domains, "alone", lambda part, *arguments: part(*arguments))


@pytest.mark.slow
def test_a_comparison_goes_on_where_it_stopped(classes, here, tiny_checkpoint, tmp_path, capsys):  # noqa: F811
    for place, label in enumerate(("bands", "noise")):
        (tmp_path / "then" / f"dark {label}").mkdir(parents=True)
        for number in range(10):
            dark = picture(label, 900 + 100 * place + number).point(lambda value: value // 4)
            dark.save(tmp_path / "then" / f"dark {label}" / f"{number}.png")
    output = tmp_path / "figures.json"
    command = ["--first", classes, "--then", tmp_path / "then", "--output", output]
    command += ["--work", tmp_path / "work", "--model", tiny_checkpoint, "--seeds", "1", "--steps"]
    assert _here(*command, "2") == 0
    told = capsys.readouterr().out
    assert all(f"| {name} | 1 |" in told for name in VARIANTS)
    begun = output.read_bytes()
    figures = json.loads(begun)
    assert list(figures["runs"]) == list(VARIANTS)
    assert figures["then"]["classes"] == ["dark bands", "dark noise"]
    assert _here(*command, "2") == 0
    assert output.read_bytes() == begun
    assert _here(*command, "3") == 2
    assert "begun with another steps" in capsys.readouterr().err


def test_a_folder_that_is_not_there(here, tiny_checkpoint, tmp_path, capsys):
    command = ["--first", "nowhere", "--then", "nowhere", "--output", tmp_path / "figures.json"]
    assert _here(*command, "--work", tmp_path, "--model", tiny_checkpoint) == 2
    assert "nowhere" in capsys.readouterr().err
