"""The columns of records of the right shape: secrets masked; repeated ids, bad times and unknown values told."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from auditkit.schema import COLLECTIONS, Collection, Column
from auditkit.schema_times import utc_times
from auditkit.source.masking import KEY_EXPRESSION, NAMED_EXPRESSION, clean
from auditkit.source.problem_rows import leaked, text_row

_SHOWN = 60


class Typed(NamedTuple):
    """The table of the records kept, the rows of problems, and how many repeated records were merged or set aside."""

    table: pa.Table
    problems: list[dict[str, Any]]
    merged: int
    conflicting: int


def typed(name: str, values: dict[str, list[Any]], leaks: Mapping[int, list[str]]) -> Typed:
    """Columns of plain values as a table of the collection; `leaks` names the fields of records that held a secret."""
    collection = COLLECTIONS[name]
    arrays = {column.name: pa.array(values[column.name], _plain(column)) for column in collection.columns}
    found = {row: list(fields) for row, fields in leaks.items()}
    for column in collection.columns:
        _mask(column, values, arrays, found)
    problems = [leaked(collection, _id(collection, values, row), found[row]) for row in sorted(found)]
    kept, merged, conflicts = _repeated(collection, values)
    differing = _differing(values, conflicts)
    problems += [_conflict(collection, values, row, differing[first]) for row, first in conflicts]
    table = pa.table(arrays)
    if len(kept) < len(table):
        table = table.take(pa.array(kept, pa.int64()))
    table, odd = _read(collection, table)
    return Typed(table, problems + odd, merged, len(conflicts))


def _plain(column: Column) -> pa.DataType:
    """The Arrow type of a column before its times are read."""
    return {"bool": pa.bool_(), "list": pa.list_(pa.string())}.get(column.kind, pa.string())


def _id(collection: Collection, values: Mapping[str, list[Any]], row: int) -> str:
    return "|".join(values[column][row] for column in collection.key)


def _mask(
    column: Column, values: dict[str, list[Any]], arrays: dict[str, pa.Array], leaks: dict[int, list[str]]
) -> None:
    """Cut full keys in one column down to their public part; note which records held one."""
    for row in _suspects(column, arrays[column.name]):
        value = values[column.name][row]
        nested = column.kind == "conditions"
        masked, inside = clean({column.field: json.loads(value) if nested else value})
        if inside:
            part = masked[column.field]
            values[column.name][row] = json.dumps(part, separators=(",", ":"), ensure_ascii=False) if nested else part
            leaks.setdefault(row, []).extend(inside)
            arrays[column.name] = None
    if arrays[column.name] is None:
        arrays[column.name] = pa.array(values[column.name], _plain(column))


def _suspects(column: Column, array: pa.Array) -> list[int]:
    """The rows of a column that may hold a full key, or an object with a field named like a secret."""
    if column.kind == "bool":
        return []
    if column.kind == "list":
        parents = pc.list_parent_indices(array)
        return sorted(set(parents.take(_matching(pc.list_flatten(array), "ik_", KEY_EXPRESSION)).to_pylist()))
    rows = set(_matching(array, "ik_", KEY_EXPRESSION).to_pylist())
    if column.kind == "conditions":
        rows |= set(_matching(array, '":', NAMED_EXPRESSION).to_pylist())
    return sorted(rows)


def _matching(texts: pa.Array, part: str, expression: str) -> pa.Array:
    """Where the text matches; the cheap look for a part of it spares nearly always the expression."""
    if not pc.any(pc.match_substring(texts, part)).as_py():
        return pa.array([], pa.uint64())
    return pc.indices_nonzero(pc.fill_null(pc.match_substring_regex(texts, expression), False))


def _repeated(
    collection: Collection, values: Mapping[str, list[Any]]
) -> tuple[list[int] | range, int, list[tuple[int, int]]]:
    """The records to keep, how many repeat one word for word, and those that repeat only its id, each with that one."""
    parts = [values[column] for column in collection.key]
    keys = parts[0] if len(parts) == 1 else list(zip(*parts, strict=True))
    if len(set(keys)) == len(keys):
        return range(len(keys)), 0, []
    first: dict[Any, int] = {}
    kept: list[int] = []
    conflicts: list[tuple[int, int]] = []
    for row, key in enumerate(keys):
        earlier = first.setdefault(key, row)
        if earlier == row:
            kept.append(row)
        elif any(column[row] != column[earlier] for column in values.values()):
            conflicts.append((row, earlier))
    return kept, len(keys) - len(kept) - len(conflicts), conflicts


def _differing(values: Mapping[str, list[Any]], conflicts: list[tuple[int, int]]) -> dict[int, list[str]]:
    """For each first record, the columns in which any that repeat its id differ from it."""
    found: dict[int, set[str]] = {}
    for row, first in conflicts:
        found.setdefault(first, set()).update(name for name, column in values.items() if column[row] != column[first])
    return {first: [name for name in values if name in names] for first, names in found.items()}


def _conflict(
    collection: Collection, values: Mapping[str, list[Any]], row: int, differing: list[str]
) -> dict[str, Any]:
    """The problem of a record whose id was there before with other content; its own content is kept as raw text."""
    record_id = _id(collection, values, row)
    fields = {column.name: column.field for column in collection.columns}
    raw = {fields[name]: column[row] for name, column in values.items() if column[row] is not None}
    key = ", ".join(fields[name] for name in collection.key)
    # Not the values: which of them is right is for whoever knows the record, and they may be long.
    where = ", ".join(fields[name] for name in differing)
    reason = f"the id occurs again with different content, in {where}; the first was kept"
    told = text_row(collection, "DAT002", record_id, key, reason)
    return told | {"set_aside": True, "raw": json.dumps(raw, sort_keys=True, separators=(",", ":"))}


def _read(collection: Collection, table: pa.Table) -> tuple[pa.Table, list[dict[str, Any]]]:
    """The table with its times read, and a problem for each record with a time or value that is none."""
    odd: dict[tuple[str, int], list[tuple[str, str]]] = {}
    arrays = []
    for column in collection.columns:
        array = table.column(column.name).combine_chunks()
        if column.kind == "time":
            read, bad = utc_times(array)
            _note(odd, "DAT004", column, array, np.flatnonzero(bad))
            array = read
        elif column.values:
            _note(odd, "DAT003", column, array, _unknown_rows(array, column.values))
        arrays.append(array)
    ids = _ids(collection, table, {row for _, row in odd})
    problems = [_odd_row(collection, rule, ids[row], told) for (rule, row), told in odd.items()]
    return pa.Table.from_arrays(arrays, schema=collection.arrow), problems


def _unknown_rows(array: pa.Array, known: tuple[str, ...]) -> np.ndarray:
    """The rows whose text, or any part of whose list, is none of the known values."""
    listed = pa.types.is_list(array.type)
    texts = pc.list_flatten(array) if listed else array
    rows = pc.indices_nonzero(pc.and_(pc.is_valid(texts), pc.invert(pc.is_in(texts, value_set=pa.array(known)))))
    found = (pc.list_parent_indices(array).take(rows) if listed else rows).to_numpy()
    return np.unique(found)


def _note(
    odd: dict[tuple[str, int], list[tuple[str, str]]], rule: str, column: Column, array: pa.Array, rows: Iterable[int]
) -> None:
    """Add a field and its value to what is odd about the rows."""
    for row in map(int, rows):
        value = array[row].as_py()
        if isinstance(value, list):
            value = ", ".join(part for part in value if part not in column.values)
        shown = value if len(value) <= _SHOWN else f"{value[:_SHOWN]}…"
        odd.setdefault((rule, row), []).append(
            (column.field, f"`{column.field}` holds {json.dumps(shown, ensure_ascii=False)}")
        )


def _ids(collection: Collection, table: pa.Table, rows: set[int]) -> dict[int, str]:
    keys = [table.column(column) for column in collection.key]
    return {row: "|".join(key[row].as_py() for key in keys) for row in rows}


_SAYS = {
    "DAT003": "{}, which is none of the known values; judged as neither",
    "DAT004": "{}, which is no RFC 3339 time with an offset; judged as absent",
}


def _odd_row(collection: Collection, rule: str, record_id: str, told: list[tuple[str, str]]) -> dict[str, Any]:
    fields = ", ".join(field for field, _ in told)
    return text_row(collection, rule, record_id, fields, _SAYS[rule].format(" and ".join(says for _, says in told)))
