"""Each filter on what it should stop and what it should let pass."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from slava.teacher.filters import FILTERS, sift
from slava.teacher.filters.near_duplicates import MOST_REPEATED, NearDuplicates, alike, shingles
from slava.teacher.known import Known
from slava.teacher.triples import FACETS, Facet, Triple

STOPPED: list[tuple[str, Facet, str, str]] = [
    ("refusal", "size", "How large are they?", "I'm sorry, I cannot see the image."),
    ("refusal", "size", "How large are they?", "As an AI model, I do not measure."),
    ("refusal", "defects", "Are there cracks?", "It cannot be determined from here."),
    ("leak", "size", "How large is the wire in W12_site3.tif?", "Thin."),
    ("leak", "size", "What is at site?", "W12 site3 shows it."),
    ("leak", "morphology", "What is seen?", "According to the label, particles."),
    ("leak", "morphology", "What are these particles made of?", "Silica."),
    ("contradiction", "arrangement", "How many bright objects are there?", "There are 90 of them."),
    ("contradiction", "size", "What is the mean diameter?", "About 2 µm."),
    ("contradiction", "size", "How long is the wire?", "It is 12 µm long."),
    ("contradiction", "instrument", "At which voltage?", "At 20 kV."),
    ("contradiction", "instrument", "How far?", "The working distance is 8.5 mm."),
    ("length", "surface", "Rough?", "Yes."),
    ("length", "surface", "Is it rough there?", "very " * 81),
]
PASSES: list[tuple[Facet, str, str]] = [
    ("morphology", "What is seen?", "Particles on a flat support."),
    ("morphology", "Is it Particles, Powder or Fibres?", "Particles."),
    ("arrangement", "How many bright objects are there?", "About 25."),
    ("arrangement", "How many are cut by the frame?", "Some 20 %, so few."),
    ("size", "What is the mean diameter?", "About 0.25 µm."),
    ("size", "What is the mean diameter?", "1,5e2 nm."),
    ("instrument", "At which voltage, and how far?", "At 3.0 kV; the working distance is 5 mm."),
    ("defects", "Are there flaws?", "No scratches can be seen."),
]


@pytest.mark.parametrize(("reason", "facet", "question", "answer"), STOPPED)
def test_what_is_stopped(reason: str, facet: Facet, question: str, answer: str, known: Known) -> None:
    (judged,) = sift([Triple(facet, question, answer)], known, NearDuplicates())
    assert judged[1] is not None
    assert judged[1].reason == reason
    assert judged[1].detail


@pytest.mark.parametrize(("facet", "question", "answer"), PASSES)
def test_what_passes(facet: Facet, question: str, answer: str, known: Known) -> None:
    assert sift([Triple(facet, question, answer)], known, NearDuplicates())[0][1] is None


def test_the_same_in_other_words_is_taught_once(known: Known) -> None:
    one = Triple(
        "surface", "How rough is the surface of it?", "The surface is rather rough, with small bumps."
    )
    twin = Triple("surface", "How rough is the surface?", "The surface is rather rough, with small bumps!")
    other = Triple("surface", "How rough is the surface?", "It is as smooth as glass throughout.")
    judged = sift([one, twin, other], known, NearDuplicates())
    assert [rejection.reason if rejection else None for _, rejection in judged] == [
        None,
        "near_duplicate",
        None,
    ]
    assert sift([twin], known, NearDuplicates())[0][1] is None


def test_the_very_same_words_are_taught_of_so_many_micrographs(known: Known) -> None:
    run, triple = NearDuplicates(), Triple("surface", "How rough is it?", "Smooth.")
    run.remember(triple.asked, triple.told)
    taught = [sift([triple], known, run)[0][1] is None for _ in range(MOST_REPEATED)]
    assert taught == [True] * (MOST_REPEATED - 1) + [False]


text = st.text(max_size=200) | st.from_regex(r"[0-9.,e]{1,12} ?(nm|µm|kV|mm|%)?", fullmatch=True)
triples = st.builds(Triple, st.sampled_from(FACETS), text, text, text)
numbers = st.none() | st.floats(1e-3, 1e9)
knowns = st.builds(
    Known,
    st.none() | st.text(max_size=20),
    st.lists(st.text(max_size=20), max_size=2).map(tuple),
    st.none() | st.tuples(st.integers(1, 9), st.integers(9, 99)),
    *[numbers] * 5,
)


@given(triples, knowns)
def test_no_words_break_a_filter(triple: Triple, known: Known) -> None:
    for find in FILTERS.values():
        assert find(triple, known) is None or find(triple, known)


@given(text, text)
def test_likeness_is_symmetric_and_one_for_the_same(one: str, other: str) -> None:
    assert alike(shingles(one), shingles(one)) == 1
    assert alike(shingles(one), shingles(other)) == alike(shingles(other), shingles(one))
    assert 0 <= alike(shingles(one), shingles(other)) <= 1


@given(knowns)
def test_what_is_known_survives_json(known: Known) -> None:
    import json

    assert Known.from_dict(json.loads(json.dumps(known.to_dict()))) == known
