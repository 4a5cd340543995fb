"""What the measuring teacher says is what was drawn."""

import re
from dataclasses import replace

from slava.micrographs import Micrograph
from slava.micrographs.acquisition import NOTHING
from slava.teacher.filters import sift
from slava.teacher.filters.near_duplicates import NearDuplicates
from slava.teacher.known import Known
from slava.teacher.measuring import measure
from slava.teacher.measuring_teacher import phrases_digest, teach
from slava.teacher.triples import FACETS, STEP_BY_STEP, Triple


def _facets(triples: list[Triple]) -> dict[str, list[Triple]]:
    return {facet: [t for t in triples if t.facet == facet] for facet in FACETS}


def test_every_facet_is_asked_of_a_micrograph_of_which_all_is_known(micrograph: Micrograph) -> None:
    said = _facets(teach(micrograph, measure(micrograph), "Particles"))
    assert all(said.values())
    count = next(t for t in said["arrangement"] if re.search("many|ount|number", t.question))
    assert "20" in count.answer
    mean = said["size"][0]
    assert mean.question.startswith("The picture is 2.4 µm wide.")
    value = re.match(r"(\d+) ± (\d+) nm", mean.answer)
    assert value
    assert abs(int(value[1]) - 200) <= 10
    assert said["morphology"][0].answer == "It shows: Particles."
    assert "evenly spaced" in said["arrangement"][1].answer


def test_without_scale_lengths_are_in_pixels_and_without_class_no_use_is_told(micrograph: Micrograph) -> None:
    bare = replace(micrograph, acquisition=NOTHING)
    said = _facets(teach(bare, measure(bare), None))
    assert "px" in said["size"][0].answer
    assert not any(re.search(r"\d (nm|µm)", t.told) for group in said.values() for t in group)
    assert not said["instrument"]
    assert not said["application"]


def test_the_same_micrograph_gives_the_same_words_and_others_vary(micrograph: Micrograph) -> None:
    found = measure(micrograph)
    assert teach(micrograph, found, "Particles") == teach(micrograph, found, "Particles")
    others = [teach(replace(micrograph, image_id=f"{n:064x}"), found, "Particles") for n in range(12)]
    assert len({triples[0].question for triples in others}) >= 3


def test_its_own_filters_have_nothing_against_it(micrograph: Micrograph) -> None:
    found = measure(micrograph)
    known = Known.of(micrograph, found, "Particles", "/a/W12_site3.tif", None)
    judged = sift(teach(micrograph, found, "Particles"), known, NearDuplicates())
    assert [rejection for _, rejection in judged if rejection] == []


def test_reasoning_comes_before_the_answer() -> None:
    triple = Triple("size", "How large?", "10 nm.", "One spans a tenth.")
    assert triple.asked == f"How large? {STEP_BY_STEP}"
    assert triple.told == "One spans a tenth. Answer: 10 nm."
    assert Triple("size", "How large?", "10 nm.").asked == "How large?"


def test_the_digest_is_one() -> None:
    assert re.fullmatch("[0-9a-f]{64}", phrases_digest())
