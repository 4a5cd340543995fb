import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from slava.tasks import END, branchings, deciding, rank

# Few token ids, so that labels share beginnings and some begin with others.
SPELLINGS = st.lists(
    st.lists(st.integers(0, 3), min_size=1, max_size=4).map(tuple), min_size=2, max_size=8, unique=True
).map(lambda paths: {f"label {number}": path for number, path in enumerate(paths)})
TEMPERATURES = st.floats(0.2, 5.0)


def _following(spelled, start):
    paths = [(*path, END) for path in spelled.values()]
    return {path[len(start)] for path in paths if len(path) > len(start) and path[: len(start)] == start}


@st.composite
def looked_into(draw, everywhere=True):
    """Labels, and log-probabilities after each branching (or after some of them)."""
    spelled = draw(SPELLINGS)
    finite = st.floats(-20, 0)
    values = finite if everywhere else st.one_of(finite, st.just(-math.inf))
    starts = branchings(spelled)
    if not everywhere:
        starts = [start for start in starts if draw(st.booleans())]
    seen = {start: {token: draw(values) for token in _following(spelled, start)} for start in starts}
    return spelled, seen


def _product(spelled, seen, label):
    """Of the label's share at each branching on its way."""
    path, product = (*spelled[label], END), 1.0
    for length, token in enumerate(path):
        following = _following(spelled, path[:length])
        if len(following) > 1:
            odds = {name: math.exp(seen[path[:length]][name]) for name in following}
            product *= odds[token] / sum(odds.values())
    return product


@given(looked_into())
def test_probability_is_the_product_of_the_shares(given_):
    spelled, seen = given_
    for label, probability in rank(spelled, seen):
        assert probability == pytest.approx(_product(spelled, seen, label), rel=1e-6, abs=1e-12)


@given(looked_into(), TEMPERATURES)
def test_no_other_tokens_and_no_later_steps_are_read(given_, temperature):
    spelled, seen = given_
    needed = deciding(spelled, END)
    assert len(needed.tokens) < 2 * len(spelled)
    less = {
        start: {token: step[token] for token in step if token in needed.tokens}
        for start, step in seen.items()
        if len(start) < needed.steps
    }
    assert rank(spelled, less, temperature) == rank(spelled, seen, temperature)


@given(looked_into(everywhere=False), TEMPERATURES)
def test_every_label_once_in_order_and_one_in_all(given_, temperature):
    spelled, seen = given_
    ranked = rank(spelled, seen, temperature)
    probabilities = [probability for _, probability in ranked]
    assert {label for label, _ in ranked} == set(spelled)
    assert len(ranked) == len(spelled)
    assert math.isclose(sum(probabilities), 1)
    assert probabilities == sorted(probabilities, reverse=True)
    assert all(0 <= probability <= 1 for probability in probabilities)


@given(looked_into(), TEMPERATURES)
def test_temperature_keeps_the_order_and_scales_the_odds(given_, temperature):
    spelled, seen = given_
    plain, calibrated = dict(rank(spelled, seen)), dict(rank(spelled, seen, temperature))
    first, *_, last = sorted(plain, key=plain.__getitem__)
    odds = math.log(plain[last]) - math.log(plain[first])
    assert math.log(calibrated[last]) - math.log(calibrated[first]) == pytest.approx(
        odds / temperature, rel=1e-6, abs=1e-6
    )


@given(looked_into())
def test_what_else_the_engine_reports_does_not_count(given_):
    spelled, seen = given_
    more = {start: {**known, 999: -0.1, 998: -0.2} for start, known in seen.items()}
    more[(7, 7, 7)] = {1: -0.5}
    assert rank(spelled, more) == rank(spelled, seen)


@given(SPELLINGS)
def test_branchings_are_where_more_than_one_token_may_follow(spelled):
    starts = branchings(spelled)
    beginnings = {(*path, END)[:length] for path in spelled.values() for length in range(len(path) + 1)}
    assert set(starts) == {start for start in beginnings if len(_following(spelled, start)) > 1}
    assert len(starts) == len(set(starts))
    assert [len(start) for start in starts] == sorted(len(start) for start in starts)


def test_labels_that_differ_in_their_first_token_need_one_look():
    assert branchings({"a": (1, 2, 3), "b": (4,), "c": (5, 6)}) == [()]


def test_a_label_that_begins_with_another():
    spelled = {"film": (1,), "film stack": (1, 2)}
    assert branchings(spelled) == [(1,)]
    seen = {(1,): {END: math.log(0.1), 2: math.log(0.3)}}
    assert rank(spelled, seen) == [("film stack", pytest.approx(0.75)), ("film", pytest.approx(0.25))]


def test_labels_that_share_their_first_token():
    spelled = {"wire": (1, 2), "wool": (1, 3), "powder": (4,)}
    assert branchings(spelled) == [(), (1,)]
    seen = {(): {1: math.log(0.6), 4: math.log(0.2)}, (1,): {2: math.log(0.5), 3: math.log(0.25)}}
    assert dict(rank(spelled, seen)) == {
        "wire": pytest.approx(0.5),
        "wool": pytest.approx(0.25),
        "powder": pytest.approx(0.25),
    }


def test_a_branching_never_looked_into_is_divided_evenly():
    spelled = {"wire": (1, 2), "wool": (1, 3), "powder": (4,)}
    ranked = dict(rank(spelled, {(): {1: math.log(0.5), 4: math.log(0.5)}}))
    assert ranked == {
        "powder": pytest.approx(0.5),
        "wire": pytest.approx(0.25),
        "wool": pytest.approx(0.25),
    }
    assert dict(rank(spelled, {})) == ranked


@pytest.mark.parametrize("missing", [{}, {2: -math.inf}])
def test_an_option_without_probability_comes_last_and_stays_finite(missing):
    spelled = {"a": (1,), "b": (2,)}
    (first, sure), (last, none) = rank(spelled, {(): {1: -3.0, **missing}})
    assert (first, last) == ("a", "b")
    assert sure == pytest.approx(1)
    assert 0 < none < 1e-20


def test_nothing_but_impossible_options_are_even():
    ranked = rank({"a": (1,), "b": (2,)}, {(): {1: -math.inf, 2: -math.inf}})
    assert ranked == [("a", 0.5), ("b", 0.5)]


def test_equals_keep_the_order_of_the_user():
    spelled = {"b": (2,), "a": (1,), "c": (3,)}
    assert [label for label, _ in rank(spelled, {(): {1: -1.0, 2: -1.0, 3: -1.0}})] == ["b", "a", "c"]


def test_a_hot_temperature_evens_a_cold_one_decides():
    spelled, seen = {"a": (1,), "b": (2,)}, {(): {1: math.log(0.7), 2: math.log(0.3)}}
    assert rank(spelled, seen, 1e6)[0][1] == pytest.approx(0.5, abs=1e-3)
    assert rank(spelled, seen, 0.01)[0][1] == pytest.approx(1)
