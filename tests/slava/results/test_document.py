"""docs/results.md says what the schemas say."""

from slava.report.summary import Summary
from slava.results import DEAD_LETTERS, RESULTS
from slava.results.document import TARGET, document


def test_the_document_is_up_to_date():
    made_anew = "run `python -m slava.results.document`"
    assert TARGET.read_text(encoding="utf-8") == document(), made_anew


def test_every_column_and_key_is_explained():
    lines = document().splitlines()
    for name in (*RESULTS.names, *DEAD_LETTERS.names, *Summary.model_fields):
        (*_, meaning) = (
            next(line for line in lines if line.startswith(f"| `{name}` |")).strip("| ").split(" | ")
        )
        assert meaning.endswith(".")
