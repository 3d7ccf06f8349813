"""Columns to text, whole columns at a time: messages from templates, JSON from values.

Arrow kernels do the work, so that half a million findings cost no loop over rows.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from string import Formatter
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from auditkit.schema_columns import TEXT

# What JSON must escape; everything else stays as it is.
_ESCAPED = r'["\\\x00-\x1f]'
_ESCAPED_BYTES = np.isin(np.arange(256), [*range(32), ord('"'), ord("\\")])
# One type for all text: large, since half a million messages in one column may pass two gigabytes.
_TEXT = pa.large_string()
_NOTHING, _COMMA, _BAR = (pa.scalar(mark, _TEXT) for mark in ("", ",", "|"))


def arrow(column: pd.Series) -> pa.Array:
    """A column as one Arrow array; text, and a categorical column, as large text."""
    array = pa.array(column, from_pandas=True)
    array = array.combine_chunks() if isinstance(array, pa.ChunkedArray) else array
    kind = array.type
    text = pa.types.is_string(kind) or pa.types.is_null(kind) or pa.types.is_dictionary(kind)
    return array.cast(_TEXT) if text else array


def series(array: pa.Array, index: pd.Index | None = None) -> pd.Series:
    """An Arrow array of text as a column of the house's text dtype."""
    return pd.Series(pd.array(array.cast(_TEXT), dtype=TEXT), index=index)


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
        return _day(array) if spec in ("", "%Y-%m-%d") else pc.strftime(array, format=spec).cast(_TEXT)
    if pa.types.is_list(array.type):
        return pc.binary_join(array, ", ").cast(_TEXT)
    if spec:
        distinct = array.dictionary_encode()
        words = pa.array([None if value is None else format(value, spec) for value in distinct.dictionary.to_pylist()])
        return words.cast(_TEXT).take(distinct.indices)
    return array.cast(_TEXT)


def _day(times: pa.Array) -> pa.Array:
    return times.cast(pa.timestamp("us")).cast(pa.date32(), safe=False).cast(_TEXT)


def instant(array: pa.Array) -> pa.Array:
    """Times as RFC 3339 in UTC, with a fraction only where there is one."""
    day_and_time = array.cast(pa.timestamp("us")).cast(_TEXT)
    text = pc.replace_substring(pc.replace_substring(day_and_time, " ", "T"), ".000000", "")
    return pc.binary_join_element_wise(text, pa.scalar("Z", _TEXT), _NOTHING)


def json_values(column: pd.Series | pa.Array) -> pa.Array:
    """Each value of a column as JSON text; a missing one as `null`."""
    array = arrow(column) if isinstance(column, pd.Series) else column
    if pa.types.is_list(array.type):
        array = _json_lists(array)
    elif pa.types.is_boolean(array.type) or pa.types.is_integer(array.type) or pa.types.is_floating(array.type):
        array = array.cast(_TEXT)
    else:
        array = _quoted(instant(array) if pa.types.is_timestamp(array.type) else array.cast(_TEXT))
    return pc.fill_null(array, pa.scalar("null", _TEXT)) if array.null_count else array


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


def gather(rows: pd.DataFrame | pa.Table, by: Sequence[str], *columns: str) -> pd.DataFrame:
    """One row for each distinct `by`, in order, and list columns of the distinct values of `columns`, sorted."""
    keys = [*by, *columns]
    table = rows if isinstance(rows, pa.Table) else pa.table({name: arrow(rows[name]) for name in keys})
    distinct = table.group_by(keys).aggregate([]).sort_by([(name, "ascending") for name in keys])
    # One thread keeps the order, within each list and between them.
    lists = distinct.group_by(list(by), use_threads=False).aggregate([(name, "list") for name in columns])
    kind = pa.list_(pa.string())
    texts = {name: series(lists[name].combine_chunks()) for name in by}
    items = {name: pd.array(lists[f"{name}_list"].cast(kind), dtype=pd.ArrowDtype(kind)) for name in columns}
    return pd.DataFrame({**texts, **items})


def _quoted(texts: pa.Array) -> pa.Array:
    if _may_need_escape(texts):
        odd = pc.fill_null(pc.match_substring_regex(texts, _ESCAPED), False)
        escaped: list[Any] = [json.dumps(text, ensure_ascii=False)[1:-1] for text in texts.filter(odd).to_pylist()]
        texts = pc.replace_with_mask(texts, odd, pa.array(escaped, _TEXT))
    quote = pa.scalar('"', _TEXT)
    return pc.binary_join_element_wise(quote, texts, quote, _NOTHING)


def _may_need_escape(texts: pa.Array) -> bool:
    """Whether any byte behind the column is one that JSON escapes: a pattern would look at each text."""
    buffer = texts.buffers()[2]
    data = np.frombuffer(buffer, np.uint8) if buffer else np.empty(0, np.uint8)
    return bool(_ESCAPED_BYTES[data].any())


def _json_lists(lists: pa.Array) -> pa.Array:
    items = _quoted(lists.flatten().cast(_TEXT))
    counts = pc.fill_null(pc.list_value_length(lists), 0).to_numpy(zero_copy_only=False)
    offsets = pa.array([0, *counts.cumsum().tolist()], pa.int32())
    inside = pc.binary_join(pa.ListArray.from_arrays(offsets, items), _COMMA)
    return pc.binary_join_element_wise(pa.scalar("[", _TEXT), inside, pa.scalar("]", _TEXT), _NOTHING)
