"""Every reason is explained to people."""

import pytest

from slava.failures import Code
from slava.report.explanations import explain


def test_every_code_has_words_of_its_own():
    explanations = [explain(code) for code in Code]
    assert len(set(explanations)) == len(Code)
    assert explain("empty").meaning == "The file has no content."
    assert all(text.endswith(".") for explanation in explanations for text in explanation)


@pytest.mark.parametrize("code", ["", "of_a_later_version"])
def test_a_code_of_another_version_is_no_trouble(code):
    assert explain(code).advice == "See the messages."
