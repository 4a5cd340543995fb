import hashlib
import io
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from PIL import Image

from slava.failures import Code, InputFailure, Stage
from slava.micrographs import Micrograph, decode, thumbnail

Maker = Callable[..., bytes]
FORMS = [
    *[(mode, "PNG") for mode in ("1", "L", "LA", "P", "RGB", "RGBA")],
    *[(mode, "TIFF") for mode in ("1", "L", "LA", "P", "RGB", "RGBA", "CMYK")],
    *[("L", "JPEG"), ("RGB", "JPEG"), ("CMYK", "JPEG"), ("L", "BMP"), ("RGB", "BMP"), ("P", "GIF")],
    *[("RGB", "WEBP"), ("RGBA", "WEBP"), ("RGB", "JPEG2000")],
]


def _code(data: bytes, name: str = "a.png", **options: int) -> Code:
    with pytest.raises(InputFailure) as caught:
        decode(data, name, **options)
    assert caught.value.stage is Stage.DECODE
    return caught.value.code


@pytest.mark.parametrize(("mode", "form"), FORMS)
def test_formats(pil: Maker, mode: str, form: str) -> None:
    data = pil(mode, form)
    [micrograph] = decode(data, "wrongly named.xyz")
    assert micrograph.pixels.shape == (64, 80, 3)
    assert micrograph.pixels.dtype == np.uint8
    assert micrograph.pixels.flags.c_contiguous
    assert micrograph.pixels.max() > 200
    assert micrograph.image_id == hashlib.sha256(data).hexdigest()


@pytest.mark.parametrize(("mode", "form"), FORMS)
@pytest.mark.parametrize("keep", [0.4, 0.8, 0.97])
def test_truncated(pil: Maker, mode: str, form: str, keep: float) -> None:
    data = pil(mode, form)
    assert _code(data[: int(len(data) * keep)]) is Code.TRUNCATED


def test_alpha_is_laid_on_white() -> None:
    pixels = np.zeros((32, 32, 4), np.uint8)
    pixels[:16, :, 3] = 255
    file = io.BytesIO()
    Image.fromarray(pixels).save(file, "PNG")
    [micrograph] = decode(file.getvalue(), "a.png")
    assert micrograph.pixels[0, 0].tolist() == [0, 0, 0]
    assert micrograph.pixels[-1, 0].tolist() == [255, 255, 255]


def test_frames_of_an_animation() -> None:
    file = io.BytesIO()
    frames = [Image.fromarray(np.full((32, 32), 0, np.uint8)) for _ in range(3)]
    for index, frame in enumerate(frames):
        frame.putpixel((index, 0), 255)
    frames[0].save(file, "GIF", save_all=True, append_images=frames[1:])
    assert [int(m.pixels[0].argmax() // 3) for m in decode(file.getvalue(), "a.gif")] == [0, 1, 2]


def test_codes(pil: Maker, tif: Maker) -> None:
    assert _code(b"") is Code.EMPTY
    assert _code(b"a text that someone named a.png") is Code.NOT_AN_IMAGE
    assert _code(pil("L", "PNG", 1, 1)) is Code.TOO_SMALL
    assert _code(pil("L", "PNG", 15, 300)) is Code.TOO_SMALL
    assert _code(tif(np.full((64, 80), 9, np.uint16))) is Code.BLANK
    assert _code(pil("L", "PNG"), max_pixels=1000) is Code.TOO_LARGE
    assert (
        _code(tif(np.zeros((3, 64, 80), np.uint8), photometric="minisblack"), max_pixels=64 * 80 * 2)
        is Code.TOO_LARGE
    )


def test_bombs_are_seen_in_the_header(tif: Maker) -> None:
    bomb = bytearray(tif(np.zeros((64, 64), np.uint8), compression="zlib", tile=(64, 64)))
    assert (
        _code(bytes(bomb).replace((64).to_bytes(4, "little"), (30000).to_bytes(4, "little")))
        is Code.TOO_LARGE
    )
    file = io.BytesIO()
    Image.new("1", (30000, 30000)).save(file, "PNG")
    assert _code(file.getvalue()) is Code.TOO_LARGE


def test_exif_orientation_is_not_applied() -> None:
    file = io.BytesIO()
    exif = Image.Exif()
    exif[0x0112] = 6
    Image.fromarray(np.random.default_rng(0).integers(0, 255, (40, 60), np.uint8)).save(
        file, "JPEG", exif=exif
    )
    assert decode(file.getvalue(), "a.jpg")[0].pixels.shape == (40, 60, 3)


def test_the_bar_is_cut_and_does_not_take_the_range(
    tif: Maker, barred: Callable[..., NDArray[np.uint8]]
) -> None:
    frame = barred(0, 255).astype(np.uint16)
    frame[:440] = 1000 + frame[:440]
    frame[440:] *= 257
    [micrograph] = decode(tif(frame), "a.tif")
    assert micrograph.info_bar is not None
    assert (micrograph.info_bar.top, micrograph.full_height) == (440, 480)
    assert micrograph.pixels.shape == (440, 640, 3)
    assert 100 < micrograph.pixels.mean() < 155


def test_a_bar_at_the_top(pil: Maker, barred: Callable[..., NDArray[np.uint8]]) -> None:
    file = io.BytesIO()
    Image.fromarray(barred(255, 0, at_top=True)).save(file, "PNG")
    [micrograph] = decode(file.getvalue(), "a.png")
    assert micrograph.pixels.shape == (440, 640, 3)


def test_every_real_image_with_its_sidecar(data: Path) -> None:
    for path in sorted((data / "lib-cathode").rglob("*.jpg"))[::10]:
        sidecar = path.with_name(path.name + ".txt").read_text("utf-8")
        [micrograph] = decode(path.read_bytes(), path.name, sidecar)
        assert micrograph.pixels.shape == (896, 1280, 3)
        said = "20 kV, 500x, working distance 5 mm, SED detector, field width 344 µm"
        assert micrograph.acquisition.describe() == said


def test_thumbnail(pil: Maker) -> None:
    [micrograph] = decode(pil("RGB", "PNG", 64, 200), "a.png")
    assert Image.open(io.BytesIO(thumbnail(micrograph, 50))).size == (50, 16)


def _survive(data: bytes) -> list[Micrograph]:
    try:
        return decode(data, "a", max_pixels=1 << 20)
    except InputFailure:
        return []


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(changes=st.lists(st.tuples(st.integers(0, 1 << 16), st.integers(0, 255)), min_size=1, max_size=8))
@pytest.mark.parametrize(
    ("mode", "form"), [("L", "PNG"), ("RGB", "JPEG"), ("L", "BMP"), ("P", "GIF"), ("RGB", "WEBP")]
)
def test_damage_raises_only_input_failure(
    pil: Maker, mode: str, form: str, changes: list[tuple[int, int]]
) -> None:
    data = bytearray(pil(mode, form, 20, 20))
    for where, value in changes:
        data[where % min(len(data), 200)] = value
    _survive(bytes(data))


@settings(max_examples=200, deadline=None)
@given(
    st.sampled_from(
        [b"", b"II*\0", b"MM\0*", b"II+\0", b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff", b"GIF89a", b"BM", b"RIFF"]
    ),
    st.binary(max_size=300),
)
def test_any_bytes_raise_only_input_failure(start: bytes, rest: bytes) -> None:
    _survive(start + rest)
