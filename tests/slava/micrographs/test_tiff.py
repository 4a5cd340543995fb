import contextlib
import io
from collections.abc import Callable

import numpy as np
import pytest
import tifffile
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from slava.failures import Code, InputFailure
from slava.micrographs import decode

Maker = Callable[..., bytes]


def _code(data: bytes, name: str = "a.tif", **options: int) -> Code:
    with pytest.raises(InputFailure) as caught:
        decode(data, name, **options)
    return caught.value.code


@pytest.mark.parametrize("kind", ["u2", "u4", "i1", "i2", "i4", "f2", "f4", "f8"])
def test_deep_tiffs_are_stretched(tif: Maker, kind: str) -> None:
    ramp = np.linspace(0, 100, 64 * 80).reshape(64, 80).astype(kind)
    if kind[0] == "f":
        ramp[0, :2] = np.nan, np.inf
    [micrograph] = decode(tif(ramp), "a.tif")
    assert micrograph.pixels[-1, -1, 0] == 255
    assert micrograph.pixels[0, 0, 0] == 0
    assert abs(int(micrograph.pixels[32, 40, 0]) - 128) < 6
    if kind[0] == "f":
        assert micrograph.pixels[0, 1, 0] == 255


def test_all_nan_is_blank(tif: Maker) -> None:
    assert _code(tif(np.full((64, 80), np.nan, np.float32))) is Code.BLANK


def test_channels(tif: Maker) -> None:
    rng = np.random.default_rng(0)
    planar = rng.integers(0, 256, (3, 64, 80), np.uint8)
    [micrograph] = decode(tif(planar, photometric="rgb", planarconfig="separate"), "a.tif")
    np.testing.assert_array_equal(micrograph.pixels, np.moveaxis(planar, 0, -1))
    seven = rng.integers(0, 256, (64, 80, 7), np.uint8)
    assert _code(tif(seven, photometric="minisblack", planarconfig="contig")) is Code.UNSUPPORTED
    assert _code(tif(np.ones((64, 80), np.complex64))) is Code.UNSUPPORTED


def test_inverted_grey(tif: Maker) -> None:
    ramp = np.tile(np.arange(80, dtype=np.uint8), (64, 1))
    [micrograph] = decode(tif(ramp, photometric="miniswhite"), "a.tif")
    np.testing.assert_array_equal(micrograph.pixels[:, :, 0], 255 - ramp)


@pytest.mark.parametrize("compression", ["lzw", "zlib", "packbits", "zstd", "jpeg", "lzma"])
def test_compressed_and_tiled_tiffs(tif: Maker, compression: str) -> None:
    pixels = np.random.default_rng(0).integers(0, 256, (100, 130), np.uint8)
    data = tif(pixels, compression=compression, tile=(64, 64))
    assert decode(data, "a.tif")[0].pixels.shape == (100, 130, 3)
    assert _code(data[:-40]) is Code.TRUNCATED


def test_pages(tif: Maker) -> None:
    stack = np.random.default_rng(0).integers(0, 256, (3, 64, 80), np.uint8)
    found = decode(tif(stack, photometric="minisblack"), "a.tif")
    assert [(micrograph.page, micrograph.pages) for micrograph in found] == [(0, 3), (1, 3), (2, 3)]
    assert [micrograph.image_id[64:] for micrograph in found] == ["", "#1", "#2"]
    np.testing.assert_array_equal(found[2].pixels[:, :, 0], stack[2])
    stack[1] = 7
    with pytest.raises(InputFailure, match="page 1 of 3: every pixel"):
        decode(tif(stack, photometric="minisblack"), "a.tif")


def test_thumbnail_pages_do_not_count() -> None:
    file = io.BytesIO()
    pixels = np.random.default_rng(0).integers(0, 256, (64, 80), np.uint8)
    with tifffile.TiffWriter(file) as writer:
        writer.write(pixels)
        writer.write(pixels[::2, ::2], subfiletype=1)
    [micrograph] = decode(file.getvalue(), "a.tif")
    assert (micrograph.pages, micrograph.full_width) == (1, 80)


def test_a_tile_may_not_be_larger_than_its_image_asks(tif: Maker) -> None:
    data = bytearray(tif(np.arange(4096).astype(np.uint8).reshape(64, 64), tile=(16, 16), compression="zlib"))
    with tifffile.TiffFile(io.BytesIO(data)) as tiff:
        places = [tiff.pages[0].tags[tag].valueoffset for tag in (322, 323)]
    for place in places:
        data[place : place + 2] = (65520).to_bytes(2, "little")
    assert _code(bytes(data)) is Code.TOO_LARGE


@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    changes=st.lists(st.tuples(st.integers(0, 1 << 16), st.integers(0, 255)), min_size=1, max_size=8),
    compression=st.sampled_from([None, "lzw", "zlib", "packbits", "jpeg"]),
)
def test_damage_to_a_tiff_raises_only_input_failure(
    tif: Maker, changes: list[tuple[int, int]], compression: str | None
) -> None:
    data = bytearray(tif(np.arange(400, dtype=np.uint8).reshape(20, 20) % 251, compression=compression))
    for where, value in changes:
        data[where % min(len(data), 400)] = value
    with contextlib.suppress(InputFailure):
        decode(bytes(data), "a", max_pixels=1 << 20)
