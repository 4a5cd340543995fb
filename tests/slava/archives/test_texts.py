import pytest
from hypothesis import given
from hypothesis import strategies as st

from slava.archives.texts import decode_text, split_text

PAIRS = "[Image]\nVoltage = 5 kV\nMag: 500\n"


@pytest.mark.parametrize(
    ("text", "encoding"),
    [
        ("WD = 5 mm\n시료 = 양극", "cp949"),
        ("WD = 5 mm\n試料 = 正極", "cp932"),
        ("WD = 5 µm, 3°", "cp1252"),
        ("WD = 5 µm 시료", "utf-8-sig"),
        ("WD = 5 µm", "utf-16"),
        ("WD = 5 µm", "utf-16-le"),
    ],
)
def test_encodings(text: str, encoding: str) -> None:
    assert decode_text(text.encode(encoding)) == text


@given(st.binary())
def test_any_bytes_decode(data: bytes) -> None:
    split_text(decode_text(data))


def test_sidecar_or_description() -> None:
    assert split_text(PAIRS) == (PAIRS, None)
    assert split_text("$CM_MAG 500\n$CM_ACCEL_VOLT 15\n$$SM_WD 9\n")[1] is None
    said = "Pores in the weld: see the left half.\nTaken after etching.\nThe scratch is old."
    assert split_text(said + "\n") == (None, said)
    assert split_text(" \n") == (None, None)


def test_json_may_hold_both() -> None:
    assert split_text('{"caption": "pores"}') == (None, "pores")
    assert split_text('{"kv": 5}') == ('{"kv": 5}', None)
    both = '{"kv": 5, "text": "pores"}'
    assert split_text(both) == (both, "pores")
    assert split_text("{not json") == (None, "{not json")
