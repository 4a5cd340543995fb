"""A sample archive of micrographs, as an engineer's folder would look, with the truth beside it."""

from __future__ import annotations

import csv
import dataclasses
import io
import tarfile
import zipfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
from PIL import Image

from slava.synth import broken_files, file_formats
from slava.synth.facts import LABELS, Facts
from slava.synth.file_formats import Pixels
from slava.synth.info_bars import add_info_bar
from slava.synth.render import render

SIZES = ((1024, 768), (640, 480), (1280, 960))


@dataclasses.dataclass(frozen=True)
class Entry:
    """One file of the archive: where it goes ("lot-B.tar/..." for members), its bytes, its truth."""

    name: str
    content: bytes
    label: str = ""


def write_archive(folder: Path, count: int = 200, broken: int = 6, seed: int = 0) -> None:
    """Writes `count` micrographs and `broken` broken files under `folder`, and `labels.csv` (file, label).

    A third lies in folders (lot-A/...), a third in lot-B.tar, a third in lot-C.zip. Names do not tell
    the class. The same arguments give the same files. Files of an archive are listed in `labels.csv`
    as lot-B.tar/NAME.
    """
    rng = np.random.default_rng((17, seed))
    entries: list[Entry] = []
    for k in range(count):
        entries.extend(_micrograph(k, seed, rng))
    entries.extend(Entry(name, content) for name, content in broken_files.made(broken))
    _write(folder, entries)
    with (folder / "labels.csv").open("w", newline="", encoding="utf-8") as table:
        writer = csv.writer(table)
        writer.writerow(["file", "label"])
        writer.writerows((entry.name, entry.label) for entry in entries if entry.label)


def _micrograph(k: int, seed: int, rng: np.random.Generator) -> list[Entry]:
    """A micrograph and, for some, its sidecar."""
    label = LABELS[int(rng.integers(len(LABELS)))]
    rendering = render(label, 1_000_000 + 10_000 * seed + k)
    size = SIZES[int(rng.integers(len(SIZES)))]
    pixels = np.asarray(Image.fromarray(rendering.pixels).resize(size, Image.Resampling.BICUBIC))
    grain = rng.integers(-5, 6, pixels.shape, dtype=np.int16)
    pixels = np.clip(pixels + grain, 0, 255).astype(np.uint8)
    facts = dataclasses.replace(
        rendering.facts, pixel_size_nm=rendering.facts.field_width_um * 1000 / size[0]
    )
    pixels, _ = add_info_bar(pixels, facts, int(rng.integers(2**31)))
    suffix, encode = FORMATS[k % len(FORMATS)]
    lot = ("lot-A", "lot-B.tar", "lot-C.zip")[k % 3]
    name = f"{lot}/W{rng.integers(1, 26):02d}_site{rng.integers(1, 100):02d}_{k:04d}{suffix}"
    entries = [Entry(name, encode(pixels, facts), label)]
    if suffix == ".jpg" and rng.random() < 0.6:
        entries.append(Entry(f"{name}.txt", file_formats.sidecar(facts, name, rng)))
    return entries


def _pillow(kind: str, **options: int) -> Callable[[Pixels, Facts], bytes]:
    def encode(pixels: Pixels, facts: Facts) -> bytes:
        with io.BytesIO() as store:
            Image.fromarray(pixels).save(store, kind, **options)
            return store.getvalue()

    return encode


FORMATS: tuple[tuple[str, Callable[[Pixels, Facts], bytes]], ...] = (
    (".jpg", _pillow("JPEG", quality=88)),
    (".png", _pillow("PNG", compress_level=1)),
    (".tif", file_formats.zeiss_tiff),
    (".jpg", _pillow("JPEG", quality=75)),
    (".tif", file_formats.fei_tiff),
    (".bmp", _pillow("BMP")),
    (".tif", file_formats.plain_tiff),
    (".jpg", _pillow("JPEG", quality=92)),
    (".tif", file_formats.deep_tiff),
    (".png", _pillow("PNG", compress_level=1)),
    (".tif", file_formats.two_page_tiff),
)
"""File formats in turn: suffix and encoder."""


def _write(folder: Path, entries: list[Entry]) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    with tarfile.open(folder / "lot-B.tar", "w") as tar, zipfile.ZipFile(folder / "lot-C.zip", "w") as zipped:
        for entry in entries:
            lot, _, member = entry.name.partition("/")
            if lot == "lot-B.tar":
                info = tarfile.TarInfo(member)
                info.size = len(entry.content)
                tar.addfile(info, io.BytesIO(entry.content))
            elif lot == "lot-C.zip":
                zipped.writestr(zipfile.ZipInfo(member), entry.content)
            else:
                path = folder / entry.name
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_bytes(entry.content)
