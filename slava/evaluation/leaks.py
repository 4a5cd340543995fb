"""Prompts that give the answer away: they must not count in a score."""

import re


def gives_away(label: str, prompt: str | None) -> bool:
    """Whether the label stands in the prompt's own words, whatever its case, joints and plural."""
    words = [re.escape(word.removesuffix("s")) + "s?" for word in re.findall(r"\w+", label.replace("_", " "))]
    pattern = r"[\W_]+".join(words)
    return bool(re.search(rf"(?<![^\W_])(?<!\d\.){pattern}(?![^\W_]|\.\d)", prompt or "", re.IGNORECASE))
