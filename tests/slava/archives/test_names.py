import pytest
from hypothesis import given
from hypothesis import strategies as st

from slava.archives.names import (
    NameKind,
    is_image_start,
    is_unsafe,
    kind_of,
    member_name,
    text_names,
    zip_member_name,
)


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("a.JPG", NameKind.IMAGE),
        ("x/y.tiff", NameKind.IMAGE),
        ("../a.png", NameKind.IMAGE),
        ("a.tar.gz", NameKind.TAR),
        ("a.TGZ", NameKind.TAR),
        ("a.gz", NameKind.OTHER),
        ("a.txt", NameKind.TEXT),
        ("scan", NameKind.MAYBE),
        (".png", NameKind.OTHER),
        ("__MACOSX/._a.png", NameKind.OTHER),
        ("./a.png", NameKind.IMAGE),
        ("Thumbs.db", NameKind.OTHER),
        ("a.dm4", NameKind.UNREAD),
    ],
)
def test_kinds(name: str, kind: NameKind) -> None:
    assert kind_of(name) is kind


@pytest.mark.parametrize(
    "name", ["../a.png", "/a.png", "x/../../a.png", "C:\\a.png", "..\\a.png", "\\\\host\\a.png"]
)
def test_unsafe_names(name: str) -> None:
    assert is_unsafe(name)


def test_safe_names() -> None:
    assert not is_unsafe("x/a..b.png")


def test_text_names() -> None:
    assert text_names("x/a.b.tif") == ["x/a.b.tif.txt", "x/a.b.txt", "x/a.b.tif.json", "x/a.b.json"]


@pytest.mark.parametrize(
    ("text", "encoding"),
    [
        ("Größe.png", "cp437"),
        ("señor.png", "cp437"),
        ("試料.png", "cp932"),
        ("サンプル01.png", "cp932"),
        ("größe.png", "utf-8"),
        ("시료.png", "utf-8"),
    ],
)
def test_zip_names_in_their_encodings(text: str, encoding: str) -> None:
    assert zip_member_name(text.encode(encoding).decode("cp437"), False) == text


@given(st.binary(max_size=40))
def test_every_member_name_becomes_clean_text(raw: bytes) -> None:
    member_name(raw.decode("utf-8", "surrogateescape")).encode()
    zip_member_name(raw.decode("cp437"), False).encode()


@given(st.text())
def test_any_name_has_a_kind(name: str) -> None:
    assert isinstance(kind_of(name), NameKind)


def test_starts(image: bytes) -> None:
    assert is_image_start(image)
    assert not is_image_start(b"")
    assert not is_image_start(b"BMW is a car")
