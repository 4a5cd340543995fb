"""The images of an evaluation: those that are scored, and those that may be learned from."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from slava.archives import Shard, ShardKind, list_shards
from slava.archives.locations import show
from slava.datasets import DatasetError, Example, image_id, share, split_of


@dataclass(frozen=True, eq=False)
class LabelledImages:
    """N images with their classes."""

    labels: tuple[str, ...]
    uris: list[str]
    image_ids: list[str]
    truth: NDArray[np.int64]
    """[N] places in `labels`."""

    def __len__(self) -> int:
        return len(self.uris)

    def __getitem__(self, places: Sequence[int]) -> "LabelledImages":
        uris = [self.uris[place] for place in places]
        ids = [self.image_ids[place] for place in places]
        return LabelledImages(self.labels, uris, ids, self.truth[list(places)])


class Divided(NamedTuple):
    """A data set, divided."""

    scored: LabelledImages
    pool: LabelledImages
    """What may be learned from."""


def labelled_images(examples: Sequence[Example]) -> LabelledImages:
    """Each content once, in the order of its hash; labels sorted."""
    labels = tuple(sorted({example.label for example in examples}))
    by_id = {image_id(example.uri): example for example in examples}
    ids = sorted(by_id, key=share)
    truth = np.array([labels.index(by_id[found].label) for found in ids], dtype=np.int64)
    return LabelledImages(labels, [by_id[found].uri for found in ids], ids, truth)


def divide(
    images: LabelledImages, held_out: float, seed: int, everything: bool, limit: int | None
) -> Divided:
    """The held-out share and the rest; or all of them, and nothing to learn from."""
    sides = [everything or split_of(found, held_out, seed) == "held_out" for found in images.image_ids]
    scored = [place for place, side in enumerate(sides) if side][:limit]
    return Divided(images[scored], images[[place for place, side in enumerate(sides) if not side]])


def shards_of(uris: Sequence[str]) -> list[Shard]:
    """Shards of these loose files and archives alone. Raises DatasetError if there is none of them."""
    wanted = set(uris)
    folders = sorted({uri.rpartition("/")[0] for uri in wanted})
    shards = [_only(shard, wanted) for shard in list_shards(folders)]
    found = [shard for shard in shards if shard.names or shard.uri in wanted]
    if not found:
        raise DatasetError(f"{min(wanted)}: no image of that name; give absolute paths, without `..` in them")
    return found


def _only(shard: Shard, wanted: set[str]) -> Shard:
    if shard.kind is not ShardKind.FILES:
        return shard
    return replace(shard, names=tuple(n for n in shard.names if show(shard.location + n) in wanted))
