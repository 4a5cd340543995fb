"""Images in requests: whatever the bytes are, an answer or a 400."""

import base64
import io

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from serve.errors import ApiError
from serve.images import pictures, previews, read_data_uri

LIMIT = 1_000_000


def _png(width: int = 64, height: int = 48) -> bytes:
    pixels = np.random.default_rng(0).integers(0, 255, (height, width), np.uint8)
    file = io.BytesIO()
    Image.fromarray(pixels).save(file, "PNG")
    return file.getvalue()


@given(st.binary(max_size=200))
def test_a_data_uri_brings_its_bytes(data: bytes) -> None:
    assert read_data_uri(f"data:image/png;base64,{base64.b64encode(data).decode()}", "images[0]") == data


@given(st.text(max_size=200))
def test_any_other_text_is_a_400_that_names_its_place(text: str) -> None:
    with pytest.raises(ApiError) as refused:
        read_data_uri(text.replace("data:", ""), "images[0]")
    assert (refused.value.status, refused.value.param) == (400, "images[0]")


@pytest.mark.parametrize("uri", ["http://169.254.169.254/latest", "file:///etc/passwd", "data:,hello"])
def test_an_address_is_no_data_uri(uri: str) -> None:
    with pytest.raises(ApiError, match="400"):
        read_data_uri(uri, "images[0]")


@given(st.binary(max_size=300) | st.integers(0, 200).map(lambda end: _png()[:end]))
def test_bytes_that_are_no_micrograph_are_a_400(data: bytes) -> None:
    with pytest.raises(ApiError) as refused:
        pictures(data, "images[0]", 224, LIMIT)
    assert refused.value.status == 400
    assert refused.value.code.startswith("image_")


def test_a_picture_is_squashed_to_the_tower_and_described() -> None:
    [picture] = pictures(_png(), "images[0]", 224, LIMIT)
    assert picture.pixels.shape == (224, 224, 3)
    assert (picture.described["width"], picture.described["height"]) == (64, 48)
    assert len(picture.described["image_id"]) == 64


def test_a_bomb_is_a_400() -> None:
    with pytest.raises(ApiError) as refused:
        pictures(_png(), "images[0]", 224, max_pixels=1000)
    assert refused.value.code == "image_too_large"


def test_a_preview_is_a_jpeg_of_the_whole_frame() -> None:
    [found] = previews(_png(), "image", LIMIT)
    head, _, data = found["preview"].partition(",")
    assert head == "data:image/jpeg;base64"
    assert Image.open(io.BytesIO(base64.b64decode(data))).size == (64, 48)
