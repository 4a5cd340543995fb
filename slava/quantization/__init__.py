"""From a checkpoint to one whose language model's linear layers hold 4 or 8 bits a weight."""

from typing import Literal

Scheme = Literal["w4a16", "w8a8"]
"""Bits of the weights and of the activations that meet them."""
