"""Lengths, with as many digits as are known."""

import numpy as np
import pytest

from slava.micrographs import Micrograph
from slava.teacher.facets import Subject
from slava.teacher.measuring import measure


@pytest.mark.parametrize(
    ("pixels", "error", "text"),
    [
        (40, 1, "200 ± 5 nm"),
        (400, 13, "2.00 ± 0.07 µm"),
        (40, 0, "200 nm"),
        (199.7, 0.01, "998.50 ± 0.05 nm"),
    ],
)
def test_lengths_have_a_unit_and_digits_as_the_error_allows(
    micrograph: Micrograph, pixels: float, error: float, text: str
) -> None:
    subject = Subject(measure(micrograph), micrograph.acquisition, None, np.random.default_rng(0))
    assert subject.length(pixels, error) == text
