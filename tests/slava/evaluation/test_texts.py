"""Metrics of texts, next to the libraries' own."""

import pytest
from nltk.translate.bleu_score import corpus_bleu

from slava.evaluation.texts import has_wordnet, text_figures, word_overlap

ANSWERS = ["a dense mat of thin fibres on carbon", "round particles, about 30 nm wide, in small groups"]
REFERENCES = ["a mat of thin fibres on a carbon tape", "round particles about 35 nm wide in large groups"]
METEOR = "METEOR" if has_wordnet() else "METEOR without synonyms"


def test_bleu_is_that_of_a_corpus() -> None:
    found = text_figures(ANSWERS, REFERENCES)
    words = [[text.replace(",", "").split() for text in texts] for texts in (ANSWERS, REFERENCES)]
    for name, weights in (("BLEU-2", (0.5, 0.5)), ("BLEU-4", (0.25,) * 4)):
        own = corpus_bleu([[reference] for reference in words[1]], words[0], weights=weights)
        assert found[name].value == pytest.approx(own)
        assert found[name].low <= found[name].value <= found[name].high


def test_the_same_is_perfect_and_nothing_is_zero() -> None:
    same = text_figures(REFERENCES, REFERENCES)
    assert all(figure.value > 0.99 for figure in same.values())
    nothing = text_figures(["", "x"], REFERENCES)
    assert all(figure.value == 0 for figure in nothing.values())
    assert list(same)[:7] == ["BLEU-2", "BLEU-4", "ROUGE-1", "ROUGE-2", "ROUGE-L", METEOR, "exact match"]
    assert list(same)[7:] == ["number within a factor of 1.25", "number within a factor of 2"]


def test_meteor_knows_stems() -> None:
    found = text_figures(["the fibre grows slowly"], ["the fibres grow slowly"])
    assert found[METEOR].value > 0.9
    assert found["exact match"].value == 0


def test_numbers_keep_their_decimals() -> None:
    assert text_figures(["1.5 nm"], ["15 nm"])["exact match"].value == 0
    assert word_overlap("1.5 nm", "1.5 nm") == 1
