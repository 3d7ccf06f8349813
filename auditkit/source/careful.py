"""The careful way for one record that the exact decoder refuses: what is wrong with it, field by field."""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import msgspec

from auditkit.schema import COLLECTIONS, Collection, Column
from auditkit.source.masking import clean, mask
from auditkit.source.shapes import parent, record_type

_DIGITS = 4_000


@dataclass(slots=True)
class Examined:
    """One record: itself if it can be kept, what is wrong by field, which fields held secrets, which are unknown."""

    record: Any = None
    record_id: str = ""
    faults: dict[str, str] = field(default_factory=dict)
    leaks: list[str] = field(default_factory=list)
    unknown: set[str] = field(default_factory=set)
    raw: str | None = None

    @property
    def reason(self) -> str:
        """What is wrong, as one sentence."""
        return f"set aside: {'; '.join(dict.fromkeys(self.faults.values()))}"


class _Unfit(ValueError):
    """JSON that has no single meaning: a repeated key, a number that is none."""


def examine(name: str, raw: bytes) -> Examined:
    """Read one record of the collection with every fault named; it is kept if there is none."""
    collection = COLLECTIONS[name]
    try:
        item = json.loads(raw, object_pairs_hook=_once, parse_constant=_no_constant, parse_int=_int, parse_float=_float)
        if not isinstance(item, dict):
            raise _Unfit("the record is no object")
        return _examined(collection, item)
    except (ValueError, RecursionError) as error:
        return _unreadable(collection, raw, _fault(error))


def _examined(collection: Collection, item: dict[str, Any]) -> Examined:
    """An object, field by field."""
    _, leaks = clean(item)
    done = Examined(leaks=leaks, record_id=identity(collection, item), raw=text_of(item))
    known, done.unknown = _known(collection, item)
    for column in collection.columns:
        if column.kind == "time" and not isinstance(known.get(column.field), str | None):
            known[column.field] = text_of(known[column.field])
        if fault := _column_fault(column, known):
            done.faults[fault[0]] = fault[1]
    if not done.faults:
        _convert(collection.name, known, done)
    return done


def _convert(name: str, known: dict[str, Any], done: Examined) -> None:
    """Make the record; what the checks above let through and the exact type does not is a fault of the whole."""
    try:
        done.record = msgspec.convert(known, record_type(name))
    except msgspec.ValidationError as error:
        done.faults["record"] = f"the record cannot be read ({mask(str(error))})"


def identity(collection: Collection, item: Mapping[str, Any]) -> str:
    """The record's key, joined by `|`; without one, `record-` and 12 hex digits of the hash of its canonical JSON."""
    fields = {column.name: column.field for column in collection.columns}
    parts = [item.get(fields[name]) for name in collection.key]
    if all(isinstance(part, str) and _is_unicode(part) for part in parts):
        return "|".join(map(str, parts))
    return _hashed(text_of(item))


def text_of(item: Any) -> str:
    """Canonical JSON text, in ASCII: sorted keys, no spaces."""
    return json.dumps(item, sort_keys=True, separators=(",", ":"))


def _hashed(text: str) -> str:
    return f"record-{hashlib.sha256(text.encode()).hexdigest()[:12]}"


def _unreadable(collection: Collection, raw: bytes, reason: str) -> Examined:
    """A record whose JSON has no single meaning; what of it can be read is kept as the last of repeated keys has it."""
    plain = raw.decode("utf-8", "replace")
    try:
        item, leaks = clean(json.loads(plain, parse_int=_text_of_long, parse_constant=str))
        text = text_of(item)
    except (ValueError, RecursionError):
        text, leaks, item = None, [], None
    # A key that a later one of the same name hides may have held a secret too.
    hidden = mask(plain) != plain
    leaks = [leak or "record" for leak in leaks] or (["record"] if hidden else [])
    record_id = identity(collection, item) if isinstance(item, dict) else _hashed(text or mask(plain))
    return Examined(record_id=record_id, faults={"record": reason}, leaks=leaks, raw=text)


def _fault(error: Exception) -> str:
    """Why the JSON of a record cannot be read, without any of its text."""
    if isinstance(error, _Unfit):
        return str(error)
    if isinstance(error, RecursionError):
        return "the record is nested too deeply"
    if isinstance(error, UnicodeDecodeError):
        return "the record holds bytes that are no UTF-8"
    return "the record is no valid JSON"


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    item = dict(pairs)
    if len(item) != len(pairs):
        names = [key for key, _ in pairs]
        twice = next(key for key in names if names.count(key) > 1)
        raise _Unfit(f"the key {text_of(mask(twice))} occurs twice")
    return item


def _no_constant(text: str) -> Any:
    raise _Unfit(f"the record holds {text}, which JSON does not have")


def _int(text: str) -> int:
    if len(text) > _DIGITS:
        raise _Unfit(f"the record holds a number of {len(text):,} digits")
    return int(text)


def _float(text: str) -> float:
    value = float(text)
    if math.isinf(value):
        raise _Unfit("the record holds a number beyond all bounds")
    return value


def _text_of_long(text: str) -> Any:
    return int(text) if len(text) <= _DIGITS else f"a number of {len(text):,} digits"


def _known(collection: Collection, item: dict[str, Any]) -> tuple[dict[str, Any], set[str]]:
    """The record's known fields, at every depth, and the names of the others."""
    inner: dict[str, set[str]] = {}
    for column in collection.columns:
        names = inner.setdefault(parent(column), set())
        if "." in column.field:
            names.add(column.field.partition(".")[2])
        elif column.kind == "conditions":
            names |= {"attribute", "operator", "value"}
    unknown = set(item) - set(inner)
    known = {key: value for key, value in item.items() if key in inner}
    for key, names in inner.items():
        if not names:
            continue
        for part in known[key] if isinstance(known.get(key), list) else [known.get(key)]:
            if isinstance(part, dict):
                for extra in set(part) - names:
                    unknown.add(f"{key}.{extra}")
                    del part[extra]
    return known, unknown


def _column_fault(column: Column, item: Mapping[str, Any]) -> tuple[str, str] | None:
    """The field and the fault of one column, if it has one."""
    outer, _, inside = column.field.partition(".")
    value = item.get(outer)
    if value is None:
        absent = "is null" if outer in item else "is missing"
        return (outer, f"`{outer}` {absent}") if column.required else None
    if inside:
        if not isinstance(value, dict):
            return outer, f"`{outer}` is {_kind(value)}, not an object"
        if value.get(inside) is None:
            absent = "is null" if inside in value else "is missing"
            return column.field, f"`{column.field}` {absent}"
        value = value[inside]
    wrong = _value_fault(column, value)
    return (column.field, f"`{column.field}` {wrong}") if wrong else None


def _value_fault(column: Column, value: Any) -> str:
    """What is wrong with a value that is there, or nothing."""
    if column.kind == "bool":
        return "" if isinstance(value, bool) else f"is {_kind(value)}, not true or false"
    if column.kind == "list":
        if not isinstance(value, list):
            return f"is {_kind(value)}, not a list"
        return next((f"holds a part that {wrong}" for wrong in map(_text_fault, value) if wrong), "")
    if column.kind == "conditions":
        if not isinstance(value, list):
            return f"is {_kind(value)}, not a list"
        return next((wrong for wrong in map(_condition_fault, value) if wrong), "")
    return _text_fault(value)


def _condition_fault(condition: Any) -> str:
    if not isinstance(condition, dict):
        return f"holds {_kind(condition)}, not a condition"
    for key in ("attribute", "operator"):
        if wrong := _text_fault(condition.get(key)):
            return f"holds a condition whose `{key}` {wrong}"
    if condition.get("value") is None:
        return "holds a condition without `value`"
    return "" if _is_unicode(json.dumps(condition, ensure_ascii=False)) else "holds text that is no Unicode"


def _text_fault(value: Any) -> str:
    if not isinstance(value, str):
        return f"is {_kind(value)}, not text"
    return "" if _is_unicode(value) else "is text that is no Unicode (half of a surrogate pair)"


def _is_unicode(text: str) -> bool:
    """Whether UTF-8 can hold the text: a lone surrogate it cannot."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def _kind(value: Any) -> str:
    """The JSON type of a value, in words."""
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "a boolean"
    names = {int: "a number", float: "a number", str: "text", list: "a list", dict: "an object"}
    return names[type(value)]
