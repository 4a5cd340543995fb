"""The output of a screening, in a folder or under an s3:// prefix, and streaming reads of its tables."""

from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

import pyarrow as pa
import pyarrow.dataset as ds
import pyarrow.parquet as pq
from pyarrow import fs

from slava.results.schema import DEAD_LETTERS, RESULTS

_ROWS_A_BATCH = 16_384
_THUMBNAILS_A_BATCH = 256


class Output(NamedTuple):
    """Where a screening writes."""

    filesystem: fs.FileSystem
    path: str
    """The base folder inside `filesystem`, without a slash at the end."""


class Place(NamedTuple):
    """One row of the results: the file, and the row's number in it, from 0."""

    file: str
    row: int


def open_output(uri: str) -> Output:
    """Return the file system and base path for a local folder, a `file://` or an `s3://bucket/prefix` URI.

    An S3 server other than Amazon's is given as `AWS_ENDPOINT_URL`. Raises pyarrow.ArrowInvalid for a scheme
    that Arrow does not know. Nothing is created.
    """
    if "://" in uri:
        filesystem, path = fs.FileSystem.from_uri(uri)
        return Output(filesystem, path.rstrip("/"))
    return Output(fs.LocalFileSystem(), str(Path(uri).expanduser().absolute()))


@contextmanager
def whole(output: Output, name: str) -> Iterator[str]:
    """A path to write to, which takes its name when all is written."""
    path = f"{output.path}/{name}"
    output.filesystem.create_dir(path.rpartition("/")[0], recursive=True)
    yield f"{path}.part"
    output.filesystem.move(f"{path}.part", path)


def read_results(output: Output, columns: Sequence[str] | None = None) -> Iterator[pa.RecordBatch]:
    """Stream the results in batches of bounded length, with only `columns` if given."""
    return (batch for _, batch in locate_results(output, columns or RESULTS.names))


def read_dead_letters(output: Output, columns: Sequence[str] | None = None) -> Iterator[pa.RecordBatch]:
    """Stream the dead letters, as `read_results` does the results."""
    return (batch for _, batch in _scan(output, "dead_letters", DEAD_LETTERS, columns or DEAD_LETTERS.names))


def locate_results(output: Output, columns: Sequence[str]) -> Iterator[tuple[Place, pa.RecordBatch]]:
    """Stream the results in the order of files and rows, each batch with the place of its first row."""
    return _scan(output, "results", RESULTS, columns)


def result_files(output: Output) -> list[str]:
    """The files that hold results, sorted; a screening adds to them and never changes one."""
    return _parquet_files(output, "results")


def fetch_rows(
    output: Output, places: Collection[Place], columns: Sequence[str]
) -> dict[Place, dict[str, Any]]:
    """Return some rows of the results, reading only the row groups that hold them, a few rows at a time."""
    rows: dict[Place, dict[str, Any]] = {}
    for file in {place.file for place in places}:
        wanted = {place.row for place in places if place.file == file}
        with output.filesystem.open_input_file(file) as source, pq.ParquetFile(source) as parquet:
            rows |= {Place(file, number): row for number, row in _pick(parquet, wanted, columns)}
    return rows


def _scan(
    output: Output, folder: str, schema: pa.Schema, columns: Sequence[str]
) -> Iterator[tuple[Place, pa.RecordBatch]]:
    place = Place("", 0)
    files = _parquet_files(output, folder)
    dataset = ds.dataset(files, schema=schema, format="parquet", filesystem=output.filesystem)
    scanner = dataset.scanner(
        columns=list(columns), batch_size=_ROWS_A_BATCH, batch_readahead=2, fragment_readahead=2
    )
    for tagged in scanner.scan_batches() if files else ():
        if tagged.fragment.path != place.file:
            place = Place(tagged.fragment.path, 0)
        yield place, tagged.record_batch
        place = Place(place.file, place.row + tagged.record_batch.num_rows)


def _parquet_files(output: Output, folder: str) -> list[str]:
    selector = fs.FileSelector(f"{output.path}/{folder}", allow_not_found=True, recursive=True)
    infos = output.filesystem.get_file_info(selector)
    return sorted(info.path for info in infos if info.is_file and info.path.endswith(".parquet"))


def _pick(
    parquet: pq.ParquetFile, wanted: set[int], columns: Sequence[str]
) -> Iterator[tuple[int, dict[str, Any]]]:
    """Yield the wanted rows of one file. `iter_batches` decodes page by page, so that a row group full of
    thumbnails is never in memory as a whole, which a dataset's scanner would do.
    """
    start = 0
    for group in range(parquet.num_row_groups):
        end = start + parquet.metadata.row_group(group).num_rows
        if any(start <= number < end for number in wanted):
            for batch in parquet.iter_batches(_THUMBNAILS_A_BATCH, row_groups=[group], columns=list(columns)):
                for number in sorted(wanted & set(range(start, start + batch.num_rows))):
                    yield number, batch.slice(number - start, 1).to_pylist()[0]
                start += batch.num_rows
        start = end
