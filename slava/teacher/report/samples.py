"""What the report shows of single micrographs: a few, the same ones for the same tables."""

import heapq
from collections import defaultdict
from dataclasses import dataclass
from typing import Any

from slava.results import Output
from slava.teacher.resuming import rows

SHOWN = 12
"""Micrographs; those with the smallest `image_id`, a hash, are a draw that repeats."""
REJECTED = 5
"""Examples of each reason."""


@dataclass(frozen=True)
class Samples:
    """Rows as the tables have them."""

    images: list[dict[str, Any]]
    conversations: dict[str, list[dict[str, Any]]]
    """By `image_id`."""
    rejected: dict[str, list[dict[str, Any]]]
    """By reason."""


def pick_samples(output: Output) -> Samples:
    """Read the tables, keeping little."""
    images = heapq.nsmallest(
        SHOWN,
        (row for row in rows(output, "images", _IMAGE) if row["status"] == "answered"),
        key=lambda row: row["image_id"],
    )
    said: dict[str, list[dict[str, Any]]] = {row["image_id"]: [] for row in images}
    for row in rows(output, "conversations", ["image_id", "facet", "conversations"]):
        if row["image_id"] in said:
            said[row["image_id"]].append(row)
    rejected: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for row in rows(output, "rejected", ["image", "member", "page", "conversations", "reason", "detail"]):
        if len(rejected[row["reason"]]) < REJECTED:
            rejected[row["reason"]].append(row)
    return Samples(images, said, dict(rejected))


_IMAGE = ["image", "member", "page", "image_id", "label", "status", "thumbnail"]
