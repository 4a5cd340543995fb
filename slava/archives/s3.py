"""The S3 half of storage, for S3 itself and what speaks its protocol (AWS_ENDPOINT_URL)."""

import functools
import io
import os
from collections.abc import Iterator
from typing import Any, BinaryIO, cast

import boto3
from botocore.config import Config  # type: ignore[import-untyped]
from botocore.exceptions import BotoCoreError, ClientError  # type: ignore[import-untyped]
from urllib3.exceptions import HTTPError

from slava.archives.locations import S3, encode_name, s3_bucket_and_key, s3_location, show
from slava.archives.names import is_hidden
from slava.archives.shards import InputError
from slava.archives.storage import Entry
from slava.failures import Code, InputFailure, Stage

_BLOCK = 4 << 20
_GONE = {"404", "NoSuchKey", "NoSuchBucket", "NotFound"}
_ERRORS = (BotoCoreError, ClientError, HTTPError, OSError)


class S3Storage:
    """Implements slava.archives.storage.Storage; credentials come by boto3's own chain."""

    def locate(self, uri: str) -> Entry | str:
        bucket, _, key = uri.removeprefix(S3).partition("/")
        try:
            if key and not key.endswith("/") and self.exists(s3_location(bucket, key)):
                name = key.rpartition("/")[2]
                return Entry(s3_location(bucket, key.removesuffix(name)), encode_name(name))
            prefix = key.rstrip("/") + "/" if key.strip("/") else ""
            if self._first_page(bucket, prefix):
                return s3_location(bucket, prefix)
        except InputFailure as failure:
            raise InputError(f"--input {uri}: {failure.message}") from failure
        raise InputError(f"--input {uri}: no such object or prefix; see `aws s3 ls {uri}`")

    def list(self, folder: str) -> Iterator[Entry]:
        bucket, prefix = s3_bucket_and_key(folder)
        try:
            for page in _client().get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=prefix):
                for found in page.get("Contents", ()):
                    key, name = found["Key"], found["Key"].rpartition("/")[2]
                    if name and not is_hidden(key.removeprefix(prefix)):
                        yield Entry(s3_location(bucket, key.removesuffix(name)), encode_name(name))
        except _ERRORS as error:
            raise InputError(f"--input {show(folder)}: {_failure(folder, error).message}") from error

    def exists(self, location: str) -> bool:
        try:
            _size(location)
        except InputFailure as failure:
            if failure.code is Code.VANISHED:
                return False
            raise
        return True

    def open(self, location: str) -> BinaryIO:
        return cast(BinaryIO, io.BufferedReader(_RangeReader(location), _BLOCK))

    def read(self, location: str, limit: int) -> bytes:
        return _get(location, limit)

    def _first_page(self, bucket: str, prefix: str) -> bool:
        try:
            return bool(_client().list_objects_v2(Bucket=bucket, Prefix=prefix, MaxKeys=1).get("KeyCount"))
        except _ERRORS as error:
            raise _failure(s3_location(bucket, prefix), error) from error


class _RangeReader(io.RawIOBase):
    """A seekable file over ranged GETs, so that archives are neither loaded whole nor stored."""

    def __init__(self, location: str) -> None:
        self._location = location
        self._size = _size(location)
        self._position = 0

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        start = {io.SEEK_SET: 0, io.SEEK_CUR: self._position, io.SEEK_END: self._size}[whence]
        if start + offset < 0:
            raise ValueError("a seek to before the start")
        self._position = start + offset
        return self._position

    def readinto(self, buffer: Any) -> int:
        stop = min(self._position + len(buffer), self._size)
        if stop <= self._position:
            return 0
        data = _get(self._location, len(buffer), Range=f"bytes={self._position}-{stop - 1}")
        buffer[: len(data)] = data
        self._position += len(data)
        return len(data)


def _size(location: str) -> int:
    bucket, key = s3_bucket_and_key(location)
    try:
        return int(_client().head_object(Bucket=bucket, Key=key)["ContentLength"])
    except _ERRORS as error:
        raise _failure(location, error) from error


def _get(location: str, limit: int, **request: str) -> bytes:
    """One GET; boto3 tries again to begin it, but not when the body breaks off."""
    bucket, key = s3_bucket_and_key(location)
    for left in (2, 1, 0):
        try:
            found = _client().get_object(Bucket=bucket, Key=key, **request)
            if found["ContentLength"] > limit:
                found["Body"].close()
                message = f"{found['ContentLength']} bytes; the limit is {limit}"
                raise InputFailure(Stage.READ, Code.TOO_LARGE, message)
            return cast(bytes, found["Body"].read())
        except ClientError as error:
            raise _failure(location, error) from error
        except _ERRORS as error:
            if not left:
                raise _failure(location, error) from error
    raise AssertionError("the last try returns or raises")


def _failure(location: str, error: Exception) -> InputFailure:
    code = str(error.response.get("Error", {}).get("Code", "")) if isinstance(error, ClientError) else ""
    if code in _GONE:
        return InputFailure(Stage.READ, Code.VANISHED, f"{show(location)}: no such object")
    if code in {"403", "AccessDenied"}:
        return InputFailure(Stage.READ, Code.UNREADABLE, f"{show(location)}: access denied")
    return InputFailure(Stage.READ, Code.UNREADABLE, f"{show(location)}: {error}")


def _client() -> Any:
    return _client_for(os.environ.get("AWS_ENDPOINT_URL_S3") or os.environ.get("AWS_ENDPOINT_URL"))


@functools.cache
def _client_for(endpoint: str | None) -> Any:
    # Stores on premises seldom have a DNS name for each bucket.
    style = {"addressing_style": "path"} if endpoint else {}
    retries = {"mode": "standard", "total_max_attempts": 5}
    return boto3.client("s3", endpoint_url=endpoint, config=Config(s3=style, retries=retries))
