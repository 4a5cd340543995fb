"""A choice among labels as one token: the letter of an option.

So one prefill gives the probability of every label, exactly and for labels of any length, where a
constrained spelling would give that of one greedy path. LLaVA-1.5 was trained on the same form.
"""

import math
import string
from collections.abc import Mapping, Sequence

OPTIONS = string.ascii_uppercase + string.ascii_lowercase
"""The letter of each option, each a single token in Llama's and in SmolLM2's vocabularies."""

MAX_LABELS = len(OPTIONS)


def rank(
    labels: Sequence[str], logprobs: Mapping[str, float], temperature: float = 1.0
) -> list[tuple[str, float]]:
    """Labels with their calibrated probabilities, the most probable first.

    `logprobs` holds the log-probability of each option's letter; an option that the engine left out
    counts as impossible. Dividing by `temperature` calibrates them (Guo et al. 2017); the
    probabilities sum to one.
    """
    scaled = [logprobs.get(OPTIONS[i], -math.inf) / temperature for i in range(len(labels))]
    top = max(scaled)
    weights = [math.exp(value - top) for value in scaled]
    total = sum(weights)
    ranked = sorted(zip(labels, weights, strict=True), key=lambda pair: -pair[1])
    return [(label, weight / total) for label, weight in ranked]
