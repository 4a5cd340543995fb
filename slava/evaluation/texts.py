"""Metrics of written answers, by the libraries of the field: nltk and rouge-score. No network is needed.

METEOR (Banerjee and Lavie 2005) matches words, then their stems, then synonyms of WordNet. No package index
carries WordNet for nltk: where nltk finds no copy of it (`nltk.download("wordnet")`), the last step is left
out, and the metric is named so.
"""

import re
from collections.abc import Sequence
from functools import partial

import numpy as np
from nltk.corpus import wordnet
from nltk.translate.bleu_score import brevity_penalty, closest_ref_length, modified_precision
from nltk.translate.meteor_score import single_meteor_score
from numpy.typing import NDArray
from rouge_score.rouge_scorer import RougeScorer

from slava.evaluation.bootstrap import Figure, figure
from slava.evaluation.numbers import within_factor

ROUGES = {"rouge1": "ROUGE-1", "rouge2": "ROUGE-2", "rougeL": "ROUGE-L"}
_ORDERS = 4


def text_figures(answers: Sequence[str], references: Sequence[str]) -> dict[str, Figure]:
    """BLEU-2, BLEU-4 (of the corpus), ROUGE-1/2/L (F1), METEOR and exact match, by the metric's name.

    Where references hold numbers, also how near the answers' first numbers come.
    """
    counts = np.array([_bleu_counts(*pair) for pair in zip(answers, references, strict=True)])
    figures = {f"BLEU-{order}": figure(partial(_bleu_of, counts, order), len(answers)) for order in (2, 4)}
    means = _each(answers, references)
    for factor in (1.25, 2.0):
        near = within_factor(answers, references, factor)
        means |= {f"number within a factor of {factor:g}": near} if len(near) else {}
    return figures | {name: figure(partial(_mean_of, values), len(values)) for name, values in means.items()}


def _each(answers: Sequence[str], references: Sequence[str]) -> dict[str, NDArray[np.float64]]:
    """The metrics that are a mean over answers."""
    pairs = list(zip(answers, references, strict=True))
    scorer = RougeScorer(list(ROUGES), use_stemmer=True)
    rouge = [scorer.score(reference, answer) for answer, reference in pairs]
    found = {name: np.array([score[key].fmeasure for score in rouge]) for key, name in ROUGES.items()}
    meteor = "METEOR" if has_wordnet() else "METEOR without synonyms"
    found[meteor] = np.array([_meteor(*pair) for pair in pairs])
    found["exact match"] = np.array([float(_words(a) == _words(r)) for a, r in pairs])
    return found


def _mean_of(values: NDArray[np.float64], places: NDArray[np.int64]) -> float:
    return float(values[places].mean())


def word_overlap(answer: str, reference: str) -> float:
    """ROUGE-L of one answer, by which the worst are found."""
    found: float = RougeScorer(["rougeL"], use_stemmer=True).score(reference, answer)["rougeL"].fmeasure
    return found


def has_wordnet() -> bool:
    """Whether nltk finds a copy of WordNet on this machine."""
    try:
        wordnet.ensure_loaded()
    except LookupError:
        return False
    return True


class _NoSynonyms:
    """Stands for WordNet where there is none."""

    def synsets(self, word: str) -> list[str]:
        return []


def _meteor(answer: str, reference: str) -> float:
    synonyms = wordnet if has_wordnet() else _NoSynonyms()
    return float(single_meteor_score(_words(reference), _words(answer), wordnet=synonyms))


def _words(text: str) -> list[str]:
    """Lower-case words and numbers, `1.5` as one."""
    return re.findall(r"\d+(?:\.\d+)?|\w+", text.lower())


def _bleu_counts(answer: str, reference: str) -> list[int]:
    """What BLEU sums over a corpus: matches and n-grams of each order, and the two lengths."""
    said, expected = _words(answer), _words(reference)
    precisions = [modified_precision([expected], said, order) for order in range(1, _ORDERS + 1)]
    matches = [precision.numerator for precision in precisions]
    grams = [max(len(said) - order, 0) for order in range(_ORDERS)]
    return [*matches, *grams, len(said), closest_ref_length([expected], len(said))]


def _bleu_of(each: NDArray[np.int64], order: int, places: NDArray[np.int64]) -> float:
    """BLEU of a corpus from the counts of its answers (Papineni et al. 2002), without smoothing."""
    counts = each[places].sum(0)
    matches, grams = counts[:order], counts[_ORDERS : _ORDERS + order]
    if not matches.all():
        return 0.0
    penalty = brevity_penalty(int(counts[-1]), int(counts[-2]))
    return float(penalty * np.exp(np.log(matches / grams).mean()))
