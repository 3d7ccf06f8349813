"""The records as msgspec types, made from the tables' declarations: one exact decoder for each collection."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from operator import attrgetter
from typing import Any, NamedTuple

import msgspec
from msgspec import UNSET, Struct, UnsetType

from auditkit.schema import COLLECTIONS, Column

REFUSED = (msgspec.DecodeError, UnicodeDecodeError, RecursionError)

encode: Callable[[Any], bytes] = msgspec.json.Encoder(order="deterministic").encode


class Condition(Struct, forbid_unknown_fields=True, gc=False):
    """One condition; its value may be anything but null."""

    attribute: str
    operator: str
    value: str | int | float | bool | list[Any] | dict[str, Any]


_TYPES: dict[str, Any] = {
    "text": str,
    "enum": str,
    "time": str,
    "bool": bool,
    "list": list[str],
    "conditions": list[Condition],
}


def parent(column: Column) -> str:
    """The field of the record that holds the column: itself, or what stands before the dot."""
    return column.field.partition(".")[0]


def _struct(name: str, fields: list[tuple[str, Any, bool]], *, closed: bool = True) -> type[Struct]:
    """A type of (field, type, required); what is not required may be null or absent. A closed one has no others."""
    exact = [(field, kind) for field, kind, required in fields if required]
    loose = [(field, kind | None | UnsetType, UNSET) for field, kind, required in fields if not required]
    return msgspec.defstruct(name, [*exact, *loose], forbid_unknown_fields=closed, gc=False)


@cache
def record_type(name: str, *, closed: bool = True) -> type[Struct]:
    """The type of one record of the collection, its attributes named as the fields of the API."""
    fields: dict[str, tuple[Any, bool]] = {}
    for column in COLLECTIONS[name].columns:
        if "." in column.field:
            inside = [each for each in COLLECTIONS[name].columns if parent(each) == parent(column)]
            parts = [(each.field.partition(".")[2], _TYPES[each.kind], True) for each in inside]
            fields[parent(column)] = (_struct(parent(column), parts), column.required)
        else:
            fields[column.field] = (_TYPES[column.kind], column.required)
    return _struct(name, [(field, kind, required) for field, (kind, required) in fields.items()], closed=closed)


@cache
def record_decoder(name: str) -> msgspec.json.Decoder[Any]:
    """Decodes one record of the collection that has no unknown field."""
    return msgspec.json.Decoder(record_type(name))


@cache
def loose_decoder(name: str) -> msgspec.json.Decoder[Any]:
    """Decodes one record of the collection and drops its unknown fields."""
    return msgspec.json.Decoder(record_type(name, closed=False))


@cache
def records_decoder(name: str) -> msgspec.json.Decoder[list[Any]]:
    """Decodes a list of records of the collection."""
    return msgspec.json.Decoder(list[record_type(name)])  # type: ignore[misc]


class Extracted(NamedTuple):
    """Records as columns of plain values, and how many keys of JSON text they account for."""

    values: dict[str, list[Any]]
    keys: int


def extract(name: str, rows: list[Any]) -> Extracted:
    """The columns of the collection's records; absent values are None."""
    values: dict[str, list[Any]] = {}
    given = 0
    parents: dict[str, list[Any]] = {}
    for column in COLLECTIONS[name].columns:
        field = parent(column)
        if field not in parents:
            parents[field], present = _field(field, rows, required=column.required)
            given += present
        values[column.name] = parents[field]
        if "." in column.field:
            inner = attrgetter(column.field.partition(".")[2])
            values[column.name] = [None if value is None else inner(value) for value in parents[field]]
            given += len(rows) - parents[field].count(None)
        elif column.kind == "conditions":
            given += 3 * sum(map(len, filter(None, parents[field])))
            values[column.name] = [_conditions(value) if value else None for value in parents[field]]
    return Extracted(values, given)


def _field(field: str, rows: list[Any], *, required: bool) -> tuple[list[Any], int]:
    """One field of the records, and how many have it, be it null."""
    values = list(map(attrgetter(field), rows))
    missing = 0 if required else values.count(UNSET)
    if missing:
        values = [None if value is UNSET else value for value in values]
    return values, len(values) - missing


def _conditions(conditions: list[Condition]) -> str:
    """The canonical JSON text of a list of conditions."""
    return encode(conditions).decode()
