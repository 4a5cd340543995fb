"""Files that no reader should trip over: empty, cut short, mislabelled, tiny, huge."""

import io
import struct
import tarfile
import zlib

import numpy as np
from PIL import Image


def made(count: int) -> list[tuple[str, bytes]]:
    """So many (name, content), the kinds in turn."""
    kinds = (
        ("empty.tif", b""),
        ("cut.jpg", _cut_jpeg()),
        ("notes.png", b"Operator note: column aligned, aperture changed.\n" * 4),
        ("dot.png", _dot()),
        ("stitched_map.png", _bomb()),
        ("lot-D.tar", _broken_tar()),
    )
    chosen = [(kinds[k % 6], k // 6) for k in range(count)]
    return [(_place(name, again), content) for (name, content), again in chosen]


def _place(name: str, again: int) -> str:
    stem, _, suffix = name.rpartition(".")
    name = f"{stem}_{again}.{suffix}" if again else name
    return name if name.startswith("lot-") else f"lot-A/{name}"


def _jpeg() -> bytes:
    pixels = np.random.default_rng(5).integers(0, 255, (480, 640), dtype=np.uint8)
    with io.BytesIO() as store:
        Image.fromarray(pixels).save(store, "JPEG")
        return store.getvalue()


def _cut_jpeg() -> bytes:
    whole = _jpeg()
    return whole[: len(whole) // 2]


def _dot() -> bytes:
    with io.BytesIO() as store:
        Image.new("L", (1, 1)).save(store, "PNG")
        return store.getvalue()


def _bomb(side: int = 30000) -> bytes:
    """A PNG of side x side pixels of one bit, all black, in some hundred kilobytes."""

    def chunk(kind: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))

    packer, row = zlib.compressobj(6), b"\0" * (1 + (side + 7) // 8)
    body = b"".join(packer.compress(row * 100) for _ in range(side // 100)) + packer.flush()
    header = struct.pack(">IIBBBBB", side, side, 1, 0, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", body) + chunk(b"IEND", b"")


def _broken_tar() -> bytes:
    with io.BytesIO() as store:
        with tarfile.open(fileobj=store, mode="w") as tar:
            for k in range(2):
                info = tarfile.TarInfo(f"W01_site{k:02d}.jpg")
                content = _jpeg()
                info.size = len(content)
                tar.addfile(info, io.BytesIO(content))
        whole = store.getvalue()
    return whole[: len(whole) * 2 // 3]
