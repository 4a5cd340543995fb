"""API keys: hashed at rest, compared in constant time, several, revoked without a restart.

    python -m serve.keys add keys.txt line-3-review        # prints the key, once
    python -m serve.keys revoke keys.txt line-3-review
    python -m serve.keys list keys.txt

A key is 256 random bits, so a plain SHA-256 of it can be kept: there is nothing to guess.
"""

import argparse
import hashlib
import hmac
import secrets
import sys
from collections.abc import Sequence
from pathlib import Path

PREFIX = "slava-"


class KeyFileError(ValueError):
    """A file of keys that cannot be used; the message says where and why."""


class KeyRing:
    """The keys of a file of `NAME SHA256` lines, read anew whenever it changes."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._stamp: tuple[int, int, int] | None = None
        self._hashes: dict[str, str] = {}
        self._refresh()

    def owner(self, key: str) -> str | None:
        """Whose key this is; None for no one's. A file that is gone admits nobody."""
        self._refresh()
        given = hash_of(key)
        # No early end: the time must not tell how far the search went.
        found = [name for name, known in self._hashes.items() if hmac.compare_digest(known, given)]
        return found[0] if found else None

    def _refresh(self) -> None:
        try:
            seen = self.path.stat()
        except OSError:
            self._stamp, self._hashes = None, {}
            return
        stamp = (seen.st_mtime_ns, seen.st_size, seen.st_ino)
        if stamp != self._stamp:
            self._hashes = read_keys(self.path)
            self._stamp = stamp


def hash_of(key: str) -> str:
    """What is kept of a key."""
    return hashlib.sha256(key.encode("utf-8", "surrogateescape")).hexdigest()


def read_keys(path: Path) -> dict[str, str]:
    """Names with the hashes of their keys; `#` begins a comment. Raises KeyFileError."""
    found: dict[str, str] = {}
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        fields = line.partition("#")[0].split()
        if not fields:
            continue
        if len(fields) != 2 or len(fields[1]) != 64 or fields[0] in found:
            raise KeyFileError(f"{path}, line {number}: not `NAME SHA256`, or a name that was there before")
        found[fields[0]] = fields[1].lower()
    return found


def write_keys(path: Path, keys: dict[str, str]) -> None:
    """The file, whole or not at all, for its owner's eyes."""
    part = path.with_name(f".{path.name}.part")
    part.touch(0o600)
    part.write_text("".join(f"{name} {digest}\n" for name, digest in keys.items()), encoding="utf-8")
    part.replace(path)


def main(argv: Sequence[str]) -> int:
    """The command line above."""
    parser = argparse.ArgumentParser("python -m serve.keys", description=__doc__)
    parser.add_argument("action", choices=["add", "revoke", "list"])
    parser.add_argument("file", type=Path)
    parser.add_argument("name", nargs="?", help="whose key it is; one word")
    asked = parser.parse_args(argv)
    keys = read_keys(asked.file) if asked.file.exists() else {}
    if asked.action == "list":
        print("\n".join(keys))
        return 0
    if not asked.name or len(asked.name.split()) != 1 or "#" in asked.name:
        parser.error("name: one word, without #")
    if (asked.name in keys) == (asked.action == "add"):
        parser.error(f"{asked.name}: {'has a key already' if asked.name in keys else 'has no key'}")
    if asked.action == "revoke":
        del keys[asked.name]
    else:
        key = PREFIX + secrets.token_urlsafe(32)
        keys[asked.name] = hash_of(key)
        print(key)
    write_keys(asked.file, keys)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
