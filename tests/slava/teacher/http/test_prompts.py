"""The prompts that ship, and the user's own."""

from pathlib import Path

import pytest

from slava.teacher.http.prompts import PromptError, Prompts

FACTS = {
    "label": "Tips",
    "facets": ("size",),
    "count": 4,
    "settings": "5 kV",
    "field": "3 µm",
    "measured": ["a"],
}


def test_the_shipped_prompts_hold_the_anchor_and_what_was_measured() -> None:
    system, user = Prompts.read().messages(FACTS)
    assert "Write 4 triples" in system
    assert 'class "Tips"' in user
    assert "- a" in user
    bare = Prompts.read().messages({**FACTS, "label": None, "measured": [], "settings": "", "field": None})[1]
    assert bare == "Write the triples."


def test_ones_own_prompts_have_their_own_digest(tmp_path: Path) -> None:
    (tmp_path / "system.jinja").write_text("Be brief.")
    (tmp_path / "user.jinja").write_text("{{ label }}?")
    own = Prompts.read(tmp_path)
    assert own.messages(FACTS) == ("Be brief.", "Tips?")
    assert own.digest != Prompts.read().digest


@pytest.mark.parametrize(
    ("user", "message"),
    [
        ("{{ nothing }}", "user.jinja: 'nothing' is undefined"),
        ("{% if %}", "user.jinja: "),
        (None, "system.jinja"),
    ],
)
def test_a_bad_prompt_is_one_line(tmp_path: Path, user: str | None, message: str) -> None:
    (tmp_path / "system.jinja").write_text("Be brief.")
    if user is not None:
        (tmp_path / "user.jinja").write_text(user)
    with pytest.raises(PromptError) as caught:
        Prompts.read(tmp_path).messages(FACTS)
    assert message in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_prompt_cannot_reach_python(tmp_path: Path) -> None:
    (tmp_path / "system.jinja").write_text("{{ facets.__class__.__mro__ }}")
    (tmp_path / "user.jinja").write_text("")
    with pytest.raises(PromptError):
        Prompts.read(tmp_path).messages(FACTS)
