"""Columns to text, whole columns at a time: messages from templates, JSON from values.

Arrow kernels do the work, so that half a million findings cost no loop over rows.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from string import Formatter
from typing import Any

import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

# What JSON must escape; everything else stays as it is.
_ESCAPED = r'["\\\x00-\x1f]'


def arrow(column: pd.Series) -> pa.Array:
    """A column as one Arrow array; a categorical one as its values."""
    if isinstance(column.dtype, pd.CategoricalDtype):
        column = column.astype("str")
    array = pa.array(column, from_pandas=True)
    return array.combine_chunks() if isinstance(array, pa.ChunkedArray) else array


def series(array: pa.Array, index: pd.Index | None = None) -> pd.Series:
    """An Arrow array of text as a column of the house's text dtype."""
    return pd.Series(pd.array(array.cast(pa.string()), dtype="str"), index=index)


def concat(*parts: pa.Array | str, count: int) -> pa.Array:
    """Glue columns and constant text, row by row."""
    whole = [pa.scalar(part) if isinstance(part, str) else part for part in parts]
    if not any(isinstance(part, pa.Array) for part in whole):
        return pa.array(["".join(str(part) for part in parts)] * count, pa.string())
    glued = pc.binary_join_element_wise(*whole, "", null_handling="replace", null_replacement="")
    return glued.combine_chunks() if isinstance(glued, pa.ChunkedArray) else glued


def template(rows: pd.DataFrame, words: str) -> pa.Array:
    """Fill `words`, a template such as "expires on {expires_at:%Y-%m-%d}", from the columns of `rows`."""
    parts: list[pa.Array | str] = []
    for literal, name, spec, _ in Formatter().parse(words):
        if literal:
            parts.append(literal)
        if name:
            parts.append(_filled(rows[name], spec or ""))
    return concat(*parts, count=len(rows))


def _filled(column: pd.Series, spec: str) -> pa.Array:
    array = arrow(column)
    if pa.types.is_timestamp(array.type):
        return pc.strftime(array.cast(pa.timestamp("s", array.type.tz), safe=False), format=spec or "%Y-%m-%d")
    if pa.types.is_list(array.type):
        return pc.binary_join(array, ", ")
    if spec:
        distinct = array.dictionary_encode()
        words = pa.array([None if value is None else format(value, spec) for value in distinct.dictionary.to_pylist()])
        return words.cast(pa.string()).take(distinct.indices)
    return array.cast(pa.string())


def instant(array: pa.Array) -> pa.Array:
    """Times as RFC 3339 in UTC, with a fraction only where there is one."""
    text = pc.strftime(array.cast(pa.timestamp("us", "UTC")), format="%Y-%m-%dT%H:%M:%SZ")
    return pc.replace_substring(text, ".000000Z", "Z")


def json_values(column: pd.Series | pa.Array) -> pa.Array:
    """Each value of a column as JSON text; a missing one as `null`."""
    array = arrow(column) if isinstance(column, pd.Series) else column
    if pa.types.is_list(array.type):
        array = _json_lists(array)
    elif pa.types.is_boolean(array.type) or pa.types.is_integer(array.type) or pa.types.is_floating(array.type):
        array = array.cast(pa.string())
    else:
        array = _quoted(instant(array) if pa.types.is_timestamp(array.type) else array.cast(pa.string()))
    return pc.fill_null(array, "null")


def json_objects(rows: pd.DataFrame, columns: Mapping[str, str]) -> pa.Array:
    """One JSON object a row, keys sorted: `columns` maps each key to the column that holds its values."""
    parts: list[pa.Array | str] = []
    for key in sorted(columns):
        parts += [("," if parts else "{") + json.dumps(key) + ":", json_values(rows[columns[key]])]
    return concat(*(parts or ["{"]), "}", count=len(rows))


def json_parts(rows: pd.DataFrame, columns: Sequence[str]) -> pa.Array:
    """The values of several text columns as the inside of a JSON array; absent ones are left out."""
    texts = [json_values(rows[name]) for name in columns]
    kept = [pc.if_else(pc.equal(text, "null"), None, text) for text in texts[1:]]
    return pc.binary_join_element_wise(texts[0], *kept, ",", null_handling="skip")


def joined(rows: pd.DataFrame, columns: Sequence[str]) -> pa.Array:
    """The values of several text columns joined by `|`; absent ones are left out."""
    texts = [arrow(rows[name]).cast(pa.string()) for name in columns]
    return pc.binary_join_element_wise(*texts, "|", null_handling="skip")


def gather(rows: pd.DataFrame, by: Sequence[str], column: str) -> pd.DataFrame:
    """One row for each distinct `by`, its distinct `column` values as a sorted list column of the same name."""
    keys = [*by, column]
    distinct = rows[keys].drop_duplicates().sort_values(keys, ignore_index=True)
    first = ~distinct[list(by)].duplicated()
    starts = [*first.to_numpy().nonzero()[0].tolist(), len(distinct)]
    lists = pa.ListArray.from_arrays(pa.array(starts, pa.int32()), arrow(distinct[column]).cast(pa.string()))
    out = distinct.loc[first, list(by)].reset_index(drop=True)
    out[column] = pd.Series(pd.array(lists, dtype=pd.ArrowDtype(pa.list_(pa.string()))), index=out.index)
    return out


def _quoted(texts: pa.Array) -> pa.Array:
    odd = pc.fill_null(pc.match_substring_regex(texts, _ESCAPED), False)
    if pc.any(odd).as_py():
        escaped: list[Any] = [json.dumps(text, ensure_ascii=False)[1:-1] for text in texts.filter(odd).to_pylist()]
        texts = pc.replace_with_mask(texts, odd, pa.array(escaped, pa.string()))
    return pc.binary_join_element_wise('"', texts, '"', "")


def _json_lists(lists: pa.Array) -> pa.Array:
    items = _quoted(lists.flatten().cast(pa.string()))
    counts = pc.fill_null(pc.list_value_length(lists), 0).to_numpy(zero_copy_only=False)
    offsets = pa.array([0, *counts.cumsum().tolist()], pa.int32())
    inside = pc.binary_join(pa.ListArray.from_arrays(offsets, items), ",")
    return pc.binary_join_element_wise("[", inside, "]", "")
