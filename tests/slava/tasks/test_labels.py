import pytest
from hypothesis import given
from hypothesis import strategies as st

from slava.tasks import MAX_LABELS, NFFA_LABELS, LabelError, read_labels


def _refused(text, *words):
    with pytest.raises(LabelError) as error:
        read_labels(text)
    message = str(error.value)
    assert message.startswith("--labels: ")
    assert "\n" not in message
    assert all(word in message for word in words)


def test_ten_nffa_classes():
    assert len(set(NFFA_LABELS)) == 10
    assert read_labels(",".join(NFFA_LABELS)) == NFFA_LABELS


def test_labels_between_commas():
    assert read_labels(" etch ,burr, etch residue,,") == ("etch", "burr", "etch residue")


@given(
    st.lists(
        st.text(st.characters(exclude_categories=["C", "Z"], exclude_characters=",#"), min_size=1),
        min_size=2,
        max_size=MAX_LABELS,
        unique=True,
    )
)
def test_any_text_between_commas(labels):
    assert read_labels(",".join(labels)) == tuple(labels)


def test_a_file_with_comments(tmp_path):
    path = tmp_path / "labels.txt"
    path.write_text("# wafer 7\nétch\n\n  burr  # at the rim\r\nline, broken\n", encoding="utf-8")
    assert read_labels(str(path)) == ("étch", "burr", "line, broken")


def test_a_file_with_a_byte_order_mark(tmp_path):
    path = tmp_path / "labels.txt"
    path.write_bytes(b"\xef\xbb\xbfetch\r\nburr\r\n")  # as Windows' Notepad saves
    assert read_labels(str(path)) == ("etch", "burr")


@pytest.mark.parametrize("text", ["etch,", ",", " , ,"])
def test_too_few(text):
    _refused(text, "needs 2 to 64")


def test_too_many():
    names = [f"label {number}" for number in range(MAX_LABELS)]
    assert len(read_labels(",".join(names))) == MAX_LABELS
    _refused(",".join([*names, "one more"]), "needs 2 to 64", "got 65")


def test_too_few_in_a_file(tmp_path):
    path = tmp_path / "labels.txt"
    path.write_text("# nothing yet\netch\n")
    _refused(str(path), "got 1", "labels.txt")


def test_twins(tmp_path):
    _refused("a,b,a,c,b", "given twice: a, b")
    path = tmp_path / "labels.txt"
    path.write_text("etch\nburr\netch  # again\n")
    _refused(str(path), "given twice: etch")


def test_a_file_that_is_not_there(tmp_path):
    _refused(str(tmp_path / "none.txt"), "cannot read", "No such file")
    _refused("Particles", "cannot read Particles", "commas between")


def test_a_directory(tmp_path):
    _refused(str(tmp_path), "cannot read")


def test_a_file_that_is_not_utf8(tmp_path):
    path = tmp_path / "labels.txt"
    path.write_bytes("etch\nétch\n".encode("latin-1"))
    _refused(str(path), "not UTF-8", "byte 5")
