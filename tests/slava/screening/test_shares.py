import pytest
from hypothesis import given
from hypothesis import strategies as st

from slava.screening.shares import shares

SPANS = st.lists(
    st.tuples(st.integers(0, 60), st.integers(0, 20)).map(lambda s: (s[0], s[0] + s[1])), max_size=20
)


def _union(spans):
    return len({second for start, end in spans for second in range(start, end)})


@given(SPANS)
def test_they_sum_to_the_time_in_which_any_was_under_way(spans):
    found = shares(spans)
    assert len(found) == len(spans)
    assert sum(found) == pytest.approx(_union(spans))
    assert all(0 <= share <= end - start + 1e-9 for share, (start, end) in zip(found, spans, strict=True))


@given(SPANS, st.randoms())
def test_their_order_does_not_matter(spans, random):
    before = dict(zip(spans, shares(spans), strict=True))
    shuffled = random.sample(spans, len(spans))
    after = dict(zip(shuffled, shares(shuffled), strict=True))
    assert after == pytest.approx(before)


def test_examples():
    assert shares([]) == []
    assert shares([(0.0, 4.0)]) == [4.0]
    assert shares([(0.0, 4.0), (0.0, 4.0)]) == [2.0, 2.0]
    assert shares([(0.0, 2.0), (5.0, 6.0)]) == [2.0, 1.0]
    assert shares([(0.0, 3.0), (1.0, 2.0)]) == [2.5, 0.5]
