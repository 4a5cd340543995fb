"""The budget holds whatever is under way."""

from hypothesis import given
from hypothesis import strategies as st

from slava.teacher.http.budget import Budget, Limits, Prices, Usage

usages = st.builds(Usage, st.integers(0, 500), st.integers(0, 500))


@given(st.integers(0, 3000), st.lists(st.tuples(usages, st.floats(0, 1), st.booleans()), max_size=30))
def test_it_never_spends_more_than_the_limit(limit: int, requests: list[tuple[Usage, float, bool]]) -> None:
    budget = Budget(Limits(tokens=limit), Prices(), Usage())
    waiting = []
    for most, share, answered_at_once in requests:
        if budget.reserve(most):
            taken = Usage(int(most.prompt * share), int(most.answer * share))
            waiting.append((most, taken))
            if answered_at_once:
                budget.settle(*waiting.pop())
        assert (budget.spent + budget.reserved).total <= limit
    for settled in waiting:
        budget.settle(*settled)
    assert budget.reserved == Usage()
    assert budget.spent.total <= limit


def test_money_counts_both_prices_and_what_was_spent_before() -> None:
    prices = Prices(prompt=1.0, answer=10.0)
    assert prices.cost(Usage(1_000_000, 200_000)) == 3.0
    budget = Budget(Limits(money=3.5), prices, Usage(1_000_000, 200_000))
    assert budget.reserve(Usage(0, 50_000))
    assert not budget.reserve(Usage(0, 1_000))
