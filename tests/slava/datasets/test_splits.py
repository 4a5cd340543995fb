"""Splits by content."""

import hashlib
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from slava.datasets import image_id, share, split_of

IDS = st.binary(min_size=1, max_size=8).map(lambda data: hashlib.sha256(data).hexdigest())


@given(IDS, st.integers(0, 5))
def test_a_share_lies_between_none_and_all(found: str, seed: int) -> None:
    assert 0 <= share(found, seed) < 1
    assert share(found, seed) == share(found, seed)
    assert split_of(found, held_out=1.0, seed=seed) == "held_out"
    assert split_of(found, held_out=0.0, seed=seed) == "train"


def test_shares_are_even_and_seeds_differ() -> None:
    ids = [hashlib.sha256(str(n).encode()).hexdigest() for n in range(3000)]
    held = {found for found in ids if split_of(found) == "held_out"}
    assert 400 < len(held) < 600
    assert 40 < len(held & {found for found in ids if split_of(found, seed=1) == "held_out"}) < 130


def test_a_split_never_changes() -> None:
    """Data sets in use would otherwise leak from one side to the other with a new version."""
    assert share("0" * 64) == 0.39027412103198444
    assert share("0" * 64, seed=1) == 0.48684929806846655


def test_copies_and_pages_of_a_file_stay_together(tmp_path: Path) -> None:
    first, second = tmp_path / "a.png", tmp_path / "b.tif"
    first.write_bytes(b"same")
    second.write_bytes(b"same")
    assert image_id(str(first)) == image_id(str(second)) == hashlib.sha256(b"same").hexdigest()
    assert share(image_id(str(first))) == share(image_id(str(second)) + "#3")
