"""API keys: what is kept of them, and that a change of the file is seen at once."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from serve.keys import KeyFileError, KeyRing, hash_of, main, read_keys, write_keys

names = st.text("abcdefghijklmnopqrstuvwxyz0123456789-_.", min_size=1, max_size=20)


def _add(path: Path, name: str, capsys: pytest.CaptureFixture[str]) -> str:
    assert main(["add", str(path), name]) == 0
    return capsys.readouterr().out.strip()


def test_a_key_is_shown_once_and_kept_as_a_hash(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "keys.txt"
    key = _add(path, "line-3", capsys)
    assert key not in path.read_text()
    assert path.stat().st_mode & 0o077 == 0
    assert KeyRing(path).owner(key) == "line-3"
    assert KeyRing(path).owner(key[:-1]) is None
    assert KeyRing(path).owner("") is None


def test_a_revoked_key_is_dead_at_once_and_the_others_are_not(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "keys.txt"
    first, second = _add(path, "first", capsys), _add(path, "second", capsys)
    ring = KeyRing(path)
    assert (ring.owner(first), ring.owner(second)) == ("first", "second")
    assert main(["revoke", str(path), "first"]) == 0
    assert (ring.owner(first), ring.owner(second)) == (None, "second")
    path.unlink()
    assert ring.owner(second) is None


@given(st.dictionaries(names, st.text(min_size=1, max_size=40).map(hash_of), max_size=8))
def test_what_was_written_is_read(tmp_path_factory: pytest.TempPathFactory, keys: dict[str, str]) -> None:
    path = tmp_path_factory.mktemp("keys") / "keys.txt"
    write_keys(path, keys)
    assert read_keys(path) == keys


@pytest.mark.parametrize("text", ["name", "name abc", f"a {'0' * 64}\na {'1' * 64}", f"a {'0' * 64} b"])
def test_a_line_that_is_none_is_named(tmp_path: Path, text: str) -> None:
    path = tmp_path / "keys.txt"
    path.write_text(text)
    with pytest.raises(KeyFileError, match=r"keys\.txt, line [12]"):
        read_keys(path)


def test_comments_and_empty_lines_are_nothing(tmp_path: Path) -> None:
    path = tmp_path / "keys.txt"
    path.write_text(f"# who\n\nname {'0' * 64}  # until June\n")
    assert read_keys(path) == {"name": "0" * 64}


@pytest.mark.parametrize("arguments", [["add"], ["add", "two words"], ["revoke", "nobody"], ["add", "there"]])
def test_usage_errors_end_with_2(tmp_path: Path, arguments: list[str]) -> None:
    path = tmp_path / "keys.txt"
    write_keys(path, {"there": "0" * 64})
    action, *rest = arguments
    with pytest.raises(SystemExit) as ended:
        main([action, str(path), *rest])
    assert ended.value.code == 2
