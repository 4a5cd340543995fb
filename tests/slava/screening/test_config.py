import pytest
from pydantic import ValidationError

from slava.screening.config import ScreenConfig
from slava.tasks import NFFA_LABELS

PLACES = {"input": ["a"], "output": "b"}


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"task": "vqa"}, "--question: vqa needs the question"),
        ({"question": "how many?"}, "--question: only vqa takes one, the task is classify"),
        ({"task": "caption", "labels": "a,b"}, "--labels: only classify takes them, the task is caption"),
        ({"input": []}, "at least 1 item"),
    ],
)
def test_what_does_not_fit_together(wrong, message):
    with pytest.raises(ValidationError, match=message):
        ScreenConfig(**{**PLACES, **wrong})


def test_labels_are_nffas_or_the_users():
    assert ScreenConfig(**PLACES).label_set() == NFFA_LABELS
    assert ScreenConfig(**PLACES, labels="a, b").label_set() == ("a", "b")
