"""The probability of every label, from one constrained answer.

The engine may only spell one of the labels (vLLM's structured output). Spelled as tokens, the labels
are a tree; where it branches, the engine's log-probabilities say how much goes each way. Along the
path that was taken they are exact; a branching off that path was never looked into, and its share
is divided evenly. Labels that differ in their first token, as nearly all do, are exact.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

Spelling = tuple[int, ...]
"""A label as token ids."""

END = -1
"""Stands for the end-of-turn token, which tells a label from another that begins with it."""

MAX_LABELS = 64
"""vLLM reports the log-probabilities of up to 128 given tokens, twice as many."""


def rank(
    spellings: Mapping[str, Spelling],
    seen: Mapping[Spelling, Mapping[int, float]],
    temperature: float = 1.0,
) -> list[tuple[str, float]]:
    """Labels with their calibrated probabilities, the most probable first; they sum to one.

    `seen` holds, for each beginning that was looked into, the log-probability of the tokens that may
    follow. Dividing by `temperature` calibrates them (Guo et al. 2017).
    """
    whole = {label: (*spelling, END) for label, spelling in spellings.items()}
    logs = {label: _log_probability(path, list(whole.values()), seen) for label, path in whole.items()}
    top = max(logs.values())
    weights = {label: math.exp((value - top) / temperature) for label, value in logs.items()}
    total = sum(weights.values())
    return [(label, weights[label] / total) for label in sorted(weights, key=lambda name: -weights[name])]


def branchings(spellings: Mapping[str, Spelling]) -> list[Spelling]:
    """The beginnings after which more than one token may follow, the shortest first."""
    whole = [(*spelling, END) for spelling in spellings.values()]
    beginnings = {path[:length] for path in whole for length in range(len(path))}
    return sorted((start for start in beginnings if len(_following(start, whole)) > 1), key=len)


@dataclass(frozen=True)
class Deciding:
    """What an engine writes, and tells of it, until a label is chosen."""

    tokens: tuple[int, ...]
    """What may follow a branching: the only tokens whose log-probabilities `rank` reads. Fewer than twice the
    labels, since a tree has fewer branchings than leaves."""
    steps: int
    """Tokens to write: after the last branching only letters are left that say nothing new."""


def deciding(spellings: Mapping[str, Spelling], end: int) -> Deciding:
    """How little has to be written to choose one of these labels; `end` is the token of END."""
    whole = [(*spelling, END) for spelling in spellings.values()]
    starts = branchings(spellings)
    found = {token for start in starts for token in _following(start, whole)}
    tokens = tuple(sorted(end if token == END else token for token in found))
    return Deciding(tokens, max(map(len, starts), default=0) + 1)


def _log_probability(
    path: Spelling, paths: Sequence[Spelling], seen: Mapping[Spelling, Mapping[int, float]]
) -> float:
    total = 0.0
    for length, token in enumerate(path):
        following = _following(path[:length], paths)
        total += _share(token, following, seen.get(path[:length], {})) if len(following) > 1 else 0.0
    return total


def _following(start: Spelling, paths: Sequence[Spelling]) -> set[int]:
    return {path[len(start)] for path in paths if len(path) > len(start) and path[: len(start)] == start}


def _share(token: int, following: set[int], logprobs: Mapping[int, float]) -> float:
    """Log-probability of `token` among those that may follow; even where nothing is known of them."""
    known = [logprobs[name] for name in following if logprobs.get(name, -math.inf) > -math.inf]
    if not known:
        return -math.log(len(following))
    top = max(known)
    total = top + math.log(sum(math.exp(value - top) for value in known))
    return max(logprobs.get(token, -math.inf) - total, -50.0)
