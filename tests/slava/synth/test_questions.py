import dataclasses
import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from slava.synth import phrases
from slava.synth.captions import caption
from slava.synth.facts import LABELS, Facts
from slava.synth.questions import MOST_COUNTED, Turn, conversations
from slava.synth.render import render

FACTS = [render(label, seed, 128, 96).facts for label in LABELS for seed in range(6)]
facts_and_seeds = st.tuples(st.sampled_from(FACTS), st.integers(0, 10**6))


def _turns(facts: Facts, seed: int, kind: str) -> list[Turn]:
    return [turn for turn in conversations(facts, seed) if turn.kind == kind]


@settings(max_examples=100, deadline=None)
@given(facts_and_seeds)
def test_answers_parse_back_to_the_facts(case: tuple[Facts, int]) -> None:
    facts, seed = case
    assert [turn.answer for turn in _turns(facts, seed, "class")] == [facts.label]
    assert [turn.answer for turn in _turns(facts, seed, "shape")] == [facts.shape]
    counted = facts.count is not None and 0 < facts.count <= MOST_COUNTED
    assert [int(turn.answer) for turn in _turns(facts, seed, "count")] == ([facts.count] if counted else [])
    for turn in _turns(facts, seed, "size"):
        number, unit = turn.answer.removeprefix("about ").split()
        assert float(number) * {"nm": 1, "µm": 1000}[unit] == pytest.approx(facts.size_nm_mean, rel=0.06)
    for turn in _turns(facts, seed, "coverage"):
        if found := re.search(r"about (\d+) %", turn.answer):
            assert abs(int(found[1]) - 100 * (facts.coverage or 0)) <= 2.6


@settings(max_examples=100, deadline=None)
@given(facts_and_seeds)
def test_unknown_facts_are_not_asked_for(case: tuple[Facts, int]) -> None:
    facts, seed = case
    bare = dataclasses.replace(
        facts, count=None, size_nm_mean=None, size_nm_std=None, orientation_deg=None, coverage=None
    )
    kinds = {turn.kind for turn in conversations(bare, seed)}
    assert not kinds & {"count", "size", "orientation", "coverage"}
    assert {"caption", "class", "shape", "yesno", "defect"} <= kinds


@settings(max_examples=100, deadline=None)
@given(facts_and_seeds)
def test_yes_and_no_are_true(case: tuple[Facts, int]) -> None:
    facts, seed = case
    for turn in _turns(facts, seed, "yesno"):
        yes = turn.answer == "yes"
        if found := re.match(r"Are there more than (\d+)", turn.question):
            assert ((facts.count or 0) > int(found[1])) == yes
        elif found := re.match(r"Is there any sign of (.*)\?", turn.question):
            named = {phrases.DEFECTS.get(defect, defect) for defect in facts.defects}
            assert (found[1] in named) == yes
        elif found := re.match(r"Is the picture free of (.*)\?", turn.question):
            named = {phrases.DEFECTS.get(defect, defect) for defect in facts.defects}
            assert (found[1] not in named) == yes
        elif found := re.match(r"(?:Is this|Does the picture show) (.*)\?", turn.question):
            assert (found[1] in phrases.CLASS_NOUNS[facts.label]) == yes


def test_both_answers_are_about_as_frequent() -> None:
    answers = [turn.answer for facts in FACTS for seed in range(6) for turn in _turns(facts, seed, "yesno")]
    assert 0.4 < answers.count("yes") / len(answers) < 0.6


@settings(max_examples=60, deadline=None)
@given(facts_and_seeds)
def test_captions_are_sentences(case: tuple[Facts, int]) -> None:
    text = caption(*case)
    assert text == caption(*case)
    assert text[0].isupper()
    assert text.endswith(".")
    assert 1 <= len(re.findall(r"\.(?: |$)", text)) <= 3
    assert "None" not in text


def test_captions_vary() -> None:
    assert len({caption(FACTS[0], seed) for seed in range(60)}) > 30


@pytest.mark.parametrize(
    ("nanometres", "words"),
    [(8.44, "8.4 nm"), (350.2, "350 nm"), (1234, "1.2 µm"), (999.7, "1.0 µm"), (40123, "40 µm")],
)
def test_lengths(nanometres: float, words: str) -> None:
    assert phrases.length(nanometres) == words
