"""One column between plain values, Arrow and pandas: which dtype each kind of column has on either side."""

from __future__ import annotations

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
