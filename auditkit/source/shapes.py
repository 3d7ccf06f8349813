"""The records as msgspec types, made from the tables' declarations: one exact decoder for each collection."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from operator import attrgetter
from typing import Any

import msgspec
from msgspec import UNSET, Struct, UnsetType

from auditkit.schema import COLLECTIONS, Column


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


def _struct(name: str, fields: list[tuple[str, Any, bool]]) -> type[Struct]:
    """An exact type of (field, type, required); what is not required may be null or absent."""
    exact = [(field, kind) for field, kind, required in fields if required]
    loose = [(field, kind | None | UnsetType, UNSET) for field, kind, required in fields if not required]
    return msgspec.defstruct(name, [*exact, *loose], forbid_unknown_fields=True, gc=False)


@cache
def record_type(name: str) -> type[Struct]:
    """The exact type of one record of the collection, its attributes named as the fields of the API."""
    fields: dict[str, tuple[Any, bool]] = {}
    for column in COLLECTIONS[name].columns:
        if "." in column.field:
            inside = [each for each in COLLECTIONS[name].columns if parent(each) == parent(column)]
            parts = [(each.field.partition(".")[2], _TYPES[each.kind], True) for each in inside]
            fields[parent(column)] = (_struct(parent(column), parts), column.required)
        else:
            fields[column.field] = (_TYPES[column.kind], column.required)
    return _struct(name, [(field, kind, required) for field, (kind, required) in fields.items()])


@cache
def record_decoder(name: str) -> msgspec.json.Decoder[Any]:
    """Decodes one record of the collection."""
    return msgspec.json.Decoder(record_type(name))


@cache
def records_decoder(name: str) -> msgspec.json.Decoder[list[Any]]:
    """Decodes a list of records of the collection."""
    return msgspec.json.Decoder(list[record_type(name)])  # type: ignore[misc]


def column_values(column: Column, rows: list[Any]) -> tuple[list[Any], int]:
    """One column of the records as plain values, and how many keys of the JSON it accounts for."""
    values = list(map(attrgetter(parent(column)), rows))
    missing = 0 if column.required else values.count(UNSET)
    if missing:
        values = [None if value is UNSET else value for value in values]
    keys = len(values) - missing
    if "." in column.field:
        inner = attrgetter(column.field.partition(".")[2])
        # The parent's own key is counted once, with the first of its columns.
        first = next(each for each in _siblings(column))
        given = sum(value is not None for value in values)
        return [None if value is None else inner(value) for value in values], given + (keys if first is column else 0)
    if column.kind == "conditions":
        keys += 3 * sum(map(len, filter(None, values)))
        values = [_conditions(value) if value else None for value in values]
    return values, keys


def _siblings(column: Column) -> list[Column]:
    """The columns that share the column's parent, in order."""
    every = (each for collection in COLLECTIONS.values() if column in collection.columns for each in collection.columns)
    return [each for each in every if parent(each) == parent(column)]


_encode: Callable[[Any], bytes] = msgspec.json.Encoder(order="deterministic").encode


def _conditions(conditions: list[Condition]) -> str:
    """The canonical JSON text of a list of conditions."""
    return _encode(conditions).decode()
