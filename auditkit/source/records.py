"""One decoder for pull and import: records of a collection in, a typed frame out, with whatever was odd about them.

The exact decoder reads all records at once; only what it refuses is looked at one by one. Columns, not records, are
then checked: secrets are masked, repeated ids told apart, times read, unknown values named.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import msgspec
import pandas as pd

from auditkit.manifest import Counts, counts
from auditkit.problems import problem_frame
from auditkit.schema import COLLECTIONS, from_arrow, sort
from auditkit.source.careful import Examined, examine
from auditkit.source.columns import typed
from auditkit.source.problem_rows import leaked, one_each, text_row
from auditkit.source.scanner import split_list
from auditkit.source.shapes import REFUSED, encode, extract, records_decoder
from auditkit.source.single import count_keys, exact, trimmed


class Decoded(NamedTuple):
    """A collection's frame, its problems, its counts, and the fields that the contract does not know."""

    frame: pd.DataFrame
    problems: pd.DataFrame
    counts: Counts
    unknown: tuple[str, ...]


@dataclass(slots=True)
class _Sorted:
    """Records told apart: those of the right shape, those set aside, and what was found on the way."""

    values: dict[str, list[Any]]
    kept: int
    aside: list[Examined] = field(default_factory=list)
    leaks: dict[int, list[str]] = field(default_factory=dict)
    unknown: set[str] = field(default_factory=set)


def read_records(collection: str, raw_items: Sequence[Any]) -> tuple[pd.DataFrame, pd.DataFrame, Counts]:
    """The frame, the problems and the counts of a collection's items: JSON bytes each, or decoded JSON values."""
    decoded = decode_records(collection, raw_items)
    return decoded.frame, decoded.problems, decoded.counts


def decode_records(collection: str, raw_items: Sequence[Any]) -> Decoded:
    """As `read_records`, with the names of the unknown fields."""
    items = [_to_bytes(item) for item in raw_items]
    return _decode(collection, b"[" + b",".join(items) + b"]", items)


def decode_array(collection: str, data: bytes | memoryview) -> Decoded:
    """As `decode_records`, from the JSON text of the whole list."""
    return _decode(collection, data, None)


def _to_bytes(item: Any) -> bytes:
    if isinstance(item, bytes | bytearray | memoryview | msgspec.Raw):
        return bytes(item)
    return json.dumps(item).encode()


def drift_note(collection: str, unknown: Sequence[str]) -> str:
    """The note on fields that the contract does not know, for the manifest."""
    names = ", ".join(name.encode("ascii", "backslashreplace").decode() for name in unknown)
    return f"schema drift: {COLLECTIONS[collection].field} carried unknown fields, which were dropped: {names}"


def _decode(name: str, data: bytes | memoryview, items: list[bytes] | None) -> Decoded:
    told = _tell_apart(name, data, items)
    columns = typed(name, told.values, told.leaks)
    problems = [row for each in told.aside for row in _aside_rows(name, each)] + columns.problems
    frame = from_arrow(name, sort(name, columns.table))
    total = counts(
        told.kept + len(told.aside),
        set_aside=len(told.aside) + columns.conflicting,
        duplicates=columns.merged,
    )
    return Decoded(frame, problem_frame(one_each(problems)), total, tuple(sorted(told.unknown)))


def _tell_apart(name: str, data: bytes | memoryview, items: list[bytes] | None) -> _Sorted:
    """All records by the exact decoder; where it refuses the list, or keys may be repeated, one by one."""
    try:
        rows = records_decoder(name).decode(data)
    except REFUSED:
        return _one_by_one(name, split_list(data) if items is None else items)
    values, keys = extract(name, rows)
    found = count_keys(data)
    if found == keys or found == count_keys(encode(rows)):
        return _Sorted(values, len(rows))
    return _one_by_one(name, split_list(data) if items is None else items)


def _one_by_one(name: str, items: list[bytes]) -> _Sorted:
    """Each record by the exact decoder, and by more careful ones where that one refuses it."""
    rows: list[Any] = []
    aside: list[Examined] = []
    leaks: dict[int, list[str]] = {}
    unknown: set[str] = set()
    for raw in items:
        record = exact(name, raw)
        if record is None:
            found = trimmed(name, raw) or examine(name, raw)
            unknown |= found.unknown
            if found.faults:
                aside.append(found)
                continue
            if found.leaks:
                leaks[len(rows)] = found.leaks
            record = found.record
        rows.append(record)
    return _Sorted(extract(name, rows).values, len(rows), aside, leaks, unknown)


def _aside_rows(name: str, found: Examined) -> list[dict[str, Any]]:
    """The problem rows of a record that was set aside."""
    collection = COLLECTIONS[name]
    aside = text_row(collection, "DAT005", found.record_id, ", ".join(found.faults), found.reason)
    rows = [aside | {"set_aside": True, "raw": found.raw}]
    return [*rows, leaked(collection, found.record_id, found.leaks) | {"set_aside": True}] if found.leaks else rows
