"""What asking may cost in all, and what it has cost."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Usage:
    """Tokens."""

    prompt: int = 0
    answer: int = 0

    def __add__(self, other: "Usage") -> "Usage":
        return Usage(self.prompt + other.prompt, self.answer + other.answer)

    @property
    def total(self) -> int:
        """Of both kinds."""
        return self.prompt + self.answer


@dataclass(frozen=True)
class Prices:
    """Money for a million tokens, in the currency of the user's contract."""

    prompt: float = 0.0
    answer: float = 0.0

    def cost(self, usage: Usage) -> float:
        """Money for these tokens."""
        return (usage.prompt * self.prompt + usage.answer * self.answer) / 1e6


@dataclass(frozen=True)
class Limits:
    """None: no limit."""

    tokens: int | None = None
    money: float | None = None


class Budget:
    """Keeps all requests under way together within the limits: each reserves the most it can cost first."""

    def __init__(self, limits: Limits, prices: Prices, spent: Usage) -> None:
        self.limits, self.prices = limits, prices
        self.spent, self.reserved = spent, Usage()

    def reserve(self, most: Usage) -> bool:
        """Whether a request that takes so many tokens at the most may be sent; if so, it is counted."""
        after = self.spent + self.reserved + most
        tokens, money = self.limits.tokens, self.limits.money
        if (tokens is not None and after.total > tokens) or (
            money is not None and self.prices.cost(after) > money
        ):
            return False
        self.reserved += most
        return True

    def settle(self, most: Usage, taken: Usage) -> None:
        """A request that had reserved `most` took this much."""
        self.reserved += Usage(-most.prompt, -most.answer)
        self.spent += taken
