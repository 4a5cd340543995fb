"""What earlier runs of the same screening have done, so that the same command resumes."""

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any

from pyarrow import fs

from slava.archives import Shard, ShardKind
from slava.results import Output, read_results, storable

SETTINGS = "screening.json"


@dataclass(frozen=True)
class Done:
    """Inputs that have all their results; eight bytes each, since it travels to every reader."""

    keys: frozenset[bytes] = frozenset()
    pages: frozenset[bytes] = frozenset()
    """Pages that have their results, of files of which other pages have none."""

    def has(self, uri: str, member: str | None, page: int | None = None) -> bool:
        """Whether this input, or this page of one that is not through, has all its results."""
        known = self.keys if page is None else self.pages
        return bool(known) and self.key(uri, member, page) in known

    def left(self, shards: Sequence[Shard]) -> list[Shard]:
        """Without the loose files that are done; what an archive holds is only known when it is read."""
        kept = [
            replace(
                shard, names=tuple(name for name in shard.names if not self.has(shard.uri_of(name), None))
            )
            for shard in shards
        ]
        return [shard for shard in kept if shard.names or shard.kind is not ShardKind.FILES]

    @staticmethod
    def key(uri: str, member: str | None, page: int | None = None) -> bytes:
        """An input, or a page of one, in eight bytes."""
        name = f"{storable(uri)}\0{storable(member or '')}\0{'' if page is None else page}"
        return hashlib.blake2b(name.encode(), digest_size=8).digest()


def find_done(output: Output) -> Done:
    """Inputs with a result for each of their pages, and single pages. What failed is tried again."""
    batches = read_results(output, ["uri", "member", "page", "pages"])
    return done_of(row for batch in batches for row in batch.to_pylist())


def done_of(rows: Iterable[dict[str, Any]]) -> Done:
    """Inputs of which all pages are among the rows, and pages of others."""
    keys: set[bytes] = set()
    partly: dict[bytes, set[bytes]] = {}
    for row in rows:
        key = Done.key(row["uri"], row["member"])
        pages = partly.setdefault(key, set())
        pages.add(Done.key(row["uri"], row["member"], row["page"]))
        if key in keys or len(pages) == row["pages"]:
            keys.add(key)
            del partly[key]
    return Done(frozenset(keys), frozenset(page for pages in partly.values() for page in pages))


def clear_dead_letters(output: Output) -> None:
    """Forget the failures of earlier runs: their inputs are tried again."""
    if output.filesystem.get_file_info(f"{output.path}/dead_letters").type == fs.FileType.Directory:
        output.filesystem.delete_dir_contents(f"{output.path}/dead_letters")
