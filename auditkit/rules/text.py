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
# One type for all text: large, since half a million messages in one column may pass two gigabytes.
_TEXT = pa.large_string()
_NOTHING, _COMMA, _BAR = (pa.scalar(mark, _TEXT) for mark in ("", ",", "|"))


def arrow(column: pd.Series) -> pa.Array:
    """A column as one Arrow array; text, and a categorical column, as large text."""
    if isinstance(column.dtype, pd.CategoricalDtype):
        column = column.astype("str")
    array = pa.array(column, from_pandas=True)
    array = array.combine_chunks() if isinstance(array, pa.ChunkedArray) else array
    return array.cast(_TEXT) if pa.types.is_string(array.type) or pa.types.is_null(array.type) else array


def series(array: pa.Array, index: pd.Index | None = None) -> pd.Series:
    """An Arrow array of text as a column of the house's text dtype."""
    return pd.Series(pd.array(array.cast(_TEXT), dtype="str"), index=index)


def concat(*parts: pa.Array | str, count: int) -> pa.Array:
    """Glue columns and constant text, row by row."""
    whole = [pa.scalar(part, _TEXT) if isinstance(part, str) else part for part in parts]
    if not any(isinstance(part, pa.Array) for part in whole):
        return pa.array(["".join(str(part) for part in parts)] * count, _TEXT)
    glued = pc.binary_join_element_wise(*whole, _NOTHING, null_handling="replace", null_replacement="")
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
        seconds = array.cast(pa.timestamp("s", array.type.tz), safe=False)
        return pc.strftime(seconds, format=spec or "%Y-%m-%d").cast(_TEXT)
    if pa.types.is_list(array.type):
        return pc.binary_join(array, ", ").cast(_TEXT)
    if spec:
        distinct = array.dictionary_encode()
        words = pa.array([None if value is None else format(value, spec) for value in distinct.dictionary.to_pylist()])
        return words.cast(_TEXT).take(distinct.indices)
    return array.cast(_TEXT)


def instant(array: pa.Array) -> pa.Array:
    """Times as RFC 3339 in UTC, with a fraction only where there is one."""
    text = pc.strftime(array.cast(pa.timestamp("us", "UTC")), format="%Y-%m-%dT%H:%M:%SZ")
    return pc.replace_substring(text, ".000000Z", "Z").cast(_TEXT)


def json_values(column: pd.Series | pa.Array) -> pa.Array:
    """Each value of a column as JSON text; a missing one as `null`."""
    array = arrow(column) if isinstance(column, pd.Series) else column
    if pa.types.is_list(array.type):
        array = _json_lists(array)
    elif pa.types.is_boolean(array.type) or pa.types.is_integer(array.type) or pa.types.is_floating(array.type):
        array = array.cast(_TEXT)
    else:
        array = _quoted(instant(array) if pa.types.is_timestamp(array.type) else array.cast(_TEXT))
    return pc.fill_null(array, pa.scalar("null", _TEXT))


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
    return pc.binary_join_element_wise(texts[0], *kept, _COMMA, null_handling="skip")


def joined(rows: pd.DataFrame, columns: Sequence[str]) -> pa.Array:
    """The values of several text columns joined by `|`; absent ones are left out."""
    texts = [arrow(rows[name]).cast(_TEXT) for name in columns]
    return pc.binary_join_element_wise(*texts, _BAR, null_handling="skip")


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
        texts = pc.replace_with_mask(texts, odd, pa.array(escaped, _TEXT))
    quote = pa.scalar('"', _TEXT)
    return pc.binary_join_element_wise(quote, texts, quote, _NOTHING)


def _json_lists(lists: pa.Array) -> pa.Array:
    items = _quoted(lists.flatten().cast(_TEXT))
    counts = pc.fill_null(pc.list_value_length(lists), 0).to_numpy(zero_copy_only=False)
    offsets = pa.array([0, *counts.cumsum().tolist()], pa.int32())
    inside = pc.binary_join(pa.ListArray.from_arrays(offsets, items), _COMMA)
    return pc.binary_join_element_wise(pa.scalar("[", _TEXT), inside, pa.scalar("]", _TEXT), _NOTHING)
