"""One column between plain values, Arrow and pandas: which dtype each kind of column has on either side."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any, Literal

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from auditkit.schema_times import time_text, utc_times

Kind = Literal["text", "enum", "time", "bool", "list", "conditions"]

TEXT = pd.StringDtype("pyarrow", na_value=np.nan)
TIME = pd.DatetimeTZDtype("us", "UTC")
LIST = pd.ArrowDtype(pa.list_(pa.string()))

ARROW: dict[str, pa.DataType] = {
    "text": pa.string(),
    "enum": pa.string(),
    "conditions": pa.string(),
    "time": pa.timestamp("us", "UTC"),
    "bool": pa.bool_(),
    "list": pa.list_(pa.string()),
}


def literal(name: str, kind: Kind, values: Sequence[Any] | None, rows: int) -> pa.Array:
    """The Arrow array of one column's literal values; a time that cannot be read is a ValueError."""
    if values is None:
        fill = False if kind == "bool" else None
        return pa.array([fill] * rows, ARROW[kind])
    plain = [None if _is_null(value) else value for value in values]
    if kind != "time":
        return pa.array(plain, ARROW[kind])
    times, bad = utc_times(pa.array([time_text(value) for value in plain], pa.string()))
    if bad.any():
        raise ValueError(f"{name} holds no RFC 3339 time: {plain[int(bad.argmax())]!r}")
    return times


def _is_null(value: object) -> bool:
    """None, NaN, NaT and NA are all null; text and lists never are."""
    return value is None or (not isinstance(value, list | tuple | str) and bool(pd.isna(value)))


def to_pandas(kind: Kind, known: tuple[str, ...], values: pa.ChunkedArray) -> Any:
    """One column with its dtype: text as Arrow strings, enumerations as categories, times in UTC."""
    if kind == "enum":
        return categories(values, known)
    if kind == "time":
        return values.to_pandas().astype(TIME)
    if kind == "bool":
        return values.to_numpy().astype(bool)
    if kind == "list":
        return LIST.__from_arrow__(values.cast(ARROW["list"]))
    return text(values)


def text(values: pa.ChunkedArray) -> Any:
    """Arrow text as a pandas array of the text dtype; null stays null."""
    return TEXT.__from_arrow__(values)


def categories(values: pa.ChunkedArray, known: tuple[str, ...]) -> pd.Categorical:
    """Arrow text as categories: the known values in the contract's order, then the unknown ones sorted."""
    unknown = sorted({value for value in pc.unique(values).to_pylist() if value is not None} - set(known))
    every = [*known, *unknown]
    codes = pc.fill_null(pc.index_in(values, value_set=pa.array(every, pa.string())), -1)
    return pd.Categorical.from_codes(codes.to_numpy(), categories=pd.Index(every, dtype=TEXT))


def to_array(kind: Kind, values: Any) -> pa.Array:
    """One column's Arrow array, whatever pandas keeps it in."""
    if kind == "enum":
        values = values.astype(TEXT)
    array = pa.array(values, from_pandas=True)
    array = array.combine_chunks() if isinstance(array, pa.ChunkedArray) else array
    return array.cast(ARROW[kind])


def unsound(table: pa.Table, rows: int, key: Sequence[str]) -> str:
    """What a table holds that none has which was saved here with so many rows, as words; empty if there is nothing.

    Keys that are absent would be joined with each other, and a repeated one would double what hangs on it.
    """
    if table.num_rows != rows:
        return f"{table.num_rows} rows, and the manifest says {rows}"
    if any(table.column(name).null_count for name in key):
        return "a row without its key"
    if key and not _ascending([table.column(name).combine_chunks() for name in key]):
        return "a key twice, or its rows out of order"
    lists = [table.column(field.name) for field in table.schema if pa.types.is_list(field.type)]
    if any(pc.list_flatten(each).null_count for each in lists):
        return "a list with a gap"
    conditions = table.column("conditions").unique().to_pylist() if "conditions" in table.column_names else []
    return "" if all(map(_is_json_list, conditions)) else "conditions that are no list"


def _ascending(columns: list[pa.Array]) -> bool:
    """Whether each row is greater than the one before it, by the first column in which they differ."""
    count = len(columns[0])
    if count < 2:
        return True
    rising = pa.array(np.zeros(count - 1, bool))
    for column in reversed(columns):
        before, after = column.slice(0, count - 1), column.slice(1)
        rising = pc.or_(pc.less(before, after), pc.and_(pc.equal(before, after), rising))
    return bool(pc.all(rising).as_py())


def _is_json_list(text: str | None) -> bool:
    try:
        return text is None or isinstance(json.loads(text), list)
    except (ValueError, RecursionError):
        return False
