"""Rows to Arrow tables that conform to the schema, whatever strings the rows hold."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from numbers import Integral, Real
from typing import Any

import numpy as np
import pyarrow as pa
from pyarrow import types

from slava.results.schema import DEAD_LETTERS, RESULTS

Row = Mapping[str, Any]

_PYTHON: dict[pa.DataType, type] = {
    pa.string(): str,
    pa.binary(): bytes,
    pa.int32(): Integral,
    pa.float16(): Real,
    pa.float32(): Real,
    pa.float64(): Real,
    pa.timestamp("us", tz="UTC"): datetime,
}
"""What Python calls the types of the schemas; numpy's numbers are of these kinds too."""


def results_table(rows: Iterable[Row]) -> pa.Table:
    """Return `rows` as a table of schema `RESULTS`; a key that is absent becomes null.

    Raises TypeError, naming the field, for a value of another type or a key that the schema lacks.
    """
    return _table(list(rows), RESULTS)


def dead_letters_table(rows: Iterable[Row]) -> pa.Table:
    """Return `rows` as a table of schema `DEAD_LETTERS`; nulls and errors as in `results_table`."""
    return _table(list(rows), DEAD_LETTERS)


def storable(text: str) -> str:
    r"""Return `text` as it can be stored: a lone surrogate becomes its escape, as in `a\udcff.tif`.

    File names that are not UTF-8 reach Python with lone surrogates, which Parquet cannot hold. Escapes keep
    two such names apart, so that a resumed run can compare names after passing them through this function.
    """
    return text.encode("utf-8", "backslashreplace").decode("utf-8")


def _table(rows: list[Row], schema: pa.Schema) -> pa.Table:
    unknown = {key for row in rows for key in row} - set(schema.names)
    if unknown:
        raise TypeError(f"no such field: {', '.join(sorted(unknown))}")
    return pa.Table.from_arrays([_column(rows, field) for field in schema], schema=schema)


def _column(rows: list[Row], field: pa.Field) -> pa.Array:
    try:
        return pa.array([_conform(row.get(field.name), field.type) for row in rows], type=field.type)
    except (pa.ArrowException, TypeError, ValueError, OverflowError) as error:
        raise TypeError(f"field {field.name} should be {field.type}: {error}") from error


def _conform(value: Any, kind: pa.DataType) -> Any:
    """Return `value` as Arrow should take it.

    Arrow by itself would cut 1.5 to 1, take bytes for text, pass over keys that a struct lacks, and take a
    time without a zone for UTC.
    """
    if value is None:
        return None
    if isinstance(value, np.ndarray) and types.is_list(kind) and types.is_floating(kind.value_type):
        # As a whole: one by one, the thousand numbers of each row would keep the writer busy for seconds.
        return value.astype(kind.value_type.to_pandas_dtype(), casting="same_kind")
    if types.is_list(kind):
        return [_conform(part, kind.value_type) for part in value]
    _check(value, kind)
    if types.is_struct(kind):
        return {part.name: _conform(value.get(part.name), part.type) for part in kind}
    return storable(value) if isinstance(value, str) else value


def _check(value: Any, kind: pa.DataType) -> None:
    expected = Mapping if types.is_struct(kind) else _PYTHON[kind]
    if not isinstance(value, expected) or isinstance(value, bool):
        raise TypeError(f"not {type(value).__name__}")
    if isinstance(value, datetime) and value.tzinfo is None:
        raise TypeError("a time without a zone")
    if isinstance(value, Mapping) and not value.keys() <= {part.name for part in kind}:
        raise TypeError(f"has keys {', '.join(map(str, value))}")
