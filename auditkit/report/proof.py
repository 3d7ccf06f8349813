"""A finding's proof, which is kept as JSON, as columns."""

from __future__ import annotations

import json
from typing import Any

import pandas as pd

_TIME = r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?Z"


def spread(related: pd.Series) -> pd.DataFrame:
    """A column for each field of the proofs, named `proof: field`, those that hold only times as times in UTC.

    Lists become their items, joined; a field that a proof lacks is missing. The index is that of `related`.
    """
    rows = [json.loads(text) for text in related.tolist()]
    fields = sorted({field for row in rows for field in row})
    columns = {f"proof: {field}": _column([row.get(field) for row in rows], related.index) for field in fields}
    return pd.DataFrame(columns, index=related.index)


def _column(values: list[Any], index: pd.Index) -> pd.Series:
    column = pd.Series([_plain(value) for value in values], index=index, dtype="object")
    there = column.dropna()
    if len(there) and there.map(type).eq(str).all() and there.str.fullmatch(_TIME).all():
        times = pd.to_datetime(column, format="ISO8601", utc=True, errors="coerce").astype("datetime64[us, UTC]")
        # A text that only looks like a time stays the text that it is.
        return times if times.notna().sum() == len(there) else column
    return column


def _plain(value: Any) -> Any:
    if isinstance(value, list):
        return ", ".join(str(item) for item in value)
    return json.dumps(value, ensure_ascii=False, sort_keys=True) if isinstance(value, dict) else value
