"""Losses: language modelling alone, with image-text matching, and with the balance of the experts."""

from typing import Any

from slava.ablations.material import Material

VARIANTS: dict[str, dict[str, Any]] = {
    "LM": {"matching_weight": 0.0, "balance_weight": 0.0},
    "LM + ITM": {"balance_weight": 0.0},
    "LM + ITM + balance": {},
}
"""What differs from the default fine-tuning, which has all three."""


def run(material: Material, variant: str, seed: int) -> dict[str, float]:
    """One training on the images' classes, measured."""
    from slava.ablations.tuning import classes, figures, train

    return figures(train(material, classes(material), seed, VARIANTS[variant]))
