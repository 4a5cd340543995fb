from pathlib import Path

import pytest

from slava.cli import UsageError, parse
from slava.finetuning import config as module
from slava.finetuning.config import FinetuneConfig

PLACES = ["--data", "d", "--output", "o"]
RECIPES = sorted((Path(module.__file__).parent / "recipes").glob("*.yaml"))
FLAGS = {
    *("data", "output", "model", "extend", "add_expert", "experts", "top_k", "rank", "scale", "nested_ranks"),
    *("gate", "shared", "balance_weight", "matching_weight", "base", "epochs", "batch"),
    *("expert_rate", "gate_rate"),
    *("held_out", "seed", "num_workers", "strategy", "recompute", "checkpoint_steps", "max_restarts"),
}
"""What scripts in a plant rely on: add to it, take nothing away."""


def _wrong(*argv):
    with pytest.raises(UsageError) as caught:
        parse(FinetuneConfig, "jobs/finetune.py", [*PLACES, *argv])
    return str(caught.value)


def test_flags():
    assert set(FinetuneConfig.model_fields) == FLAGS


@pytest.mark.parametrize("recipe", RECIPES, ids=lambda path: path.stem)
def test_recipes_are_valid(recipe):
    told = [*PLACES, "--model", "m", "--config", str(recipe)]
    assert parse(FinetuneConfig, "jobs/finetune.py", told).base == "nf4"


def test_there_are_recipes_for_both_sizes():
    assert [recipe.stem for recipe in RECIPES] == ["7b", "nano"]


@pytest.mark.parametrize(
    ("argv", "message"),
    [
        (["--top-k", "5"], "--top-k: at most --experts (4), got 5"),
        (["--num-workers", "3"], "--batch: a multiple of --num-workers (3), got 8"),
        (["--extend", "x"], "--extend and --add-expert: give both, or neither"),
        (["--extend", "x", "--add-expert", "Etch!"], "--add-expert: string should match pattern"),
        (["--rank", "65"], "--rank: should be less than or equal to 64, got '65'"),
        (["--held-out", "1"], "--held-out: should be less than 1, got '1'"),
    ],
)
def test_values_that_will_not_do(argv, message):
    assert message in _wrong(*argv)
