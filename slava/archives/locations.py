"""Locations: URIs that are plain ASCII whatever the bytes of a name are.

A file name is bytes and need not be UTF-8; JSON and Arrow want UTF-8. So names travel
percent-encoded (`file:///data/caf%E9.jpg`, `s3://bucket/a%20b.jpg`), and are decoded to
be opened, or to be shown.
"""

import os
from urllib.parse import quote, unquote_to_bytes

FILE = "file://"
S3 = "s3://"


def local_location(path: str) -> str:
    """The location of a local path, made absolute since workers have their own working folder."""
    return FILE + quote(os.fsencode(os.path.abspath(path)))  # noqa: PTH100 (bytes that are not UTF-8)


def local_path(location: str) -> str:
    """The path to open."""
    return os.fsdecode(unquote_to_bytes(location.removeprefix(FILE)))


def s3_location(bucket: str, key: str) -> str:
    """The location of an S3 object."""
    return f"{S3}{bucket}/{quote(key)}"


def s3_bucket_and_key(location: str) -> tuple[str, str]:
    """The bucket and the key to ask for."""
    bucket, _, key = location.removeprefix(S3).partition("/")
    return bucket, unquote_to_bytes(key).decode()


def encode_name(name: str) -> str:
    """One component of a location."""
    return quote(os.fsencode(name), safe="")


def decode_name(encoded: str) -> str:
    """A name to be read by people: bytes that are not UTF-8 appear as backslash escapes."""
    return unquote_to_bytes(encoded).decode("utf-8", "backslashreplace")


def show(location: str) -> str:
    """A location to be read by people: a local path without its scheme, an S3 URI with it."""
    return decode_name(location.removeprefix(FILE))
