"""What the job refuses before anything starts."""

import pytest
from pydantic import ValidationError

from slava.teacher.config import GenerateConfig


def _config(**settings: object) -> GenerateConfig:
    return GenerateConfig.model_validate({"input": ["in"], "output": "out", **settings})


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"teacher": "gpt"}, "--teacher: "),
        ({"teacher": "http://127.0.0.1/v1"}, "--teacher-model: "),
        ({"max_cost": 1.0}, "--max-cost: "),
    ],
)
def test_what_does_not_go_together(settings: dict[str, object], message: str) -> None:
    with pytest.raises(ValidationError, match=message):
        _config(**settings)


@pytest.mark.parametrize("url", ["http://a/v1", "http://a/v1/", "http://a/v1/chat/completions"])
def test_the_url_of_chat_completions(url: str) -> None:
    assert _config(teacher=url, teacher_model="m").url == "http://a/v1/chat/completions"


def test_the_measuring_teacher_is_the_default() -> None:
    assert not _config().has_endpoint
