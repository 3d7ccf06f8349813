"""The rows of problems, before they become a frame: one for each rule and record."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from auditkit.schema import Collection


def text_row(collection: Collection, rule: str, record_id: str, field: str, reason: str) -> dict[str, Any]:
    """A problem of a record that is kept; half surrogates are escaped, since no file can hold them."""
    return {
        "rule": rule,
        "collection": collection.name,
        "record": collection.record,
        "record_id": record_id,
        "field": _writable(field),
        "reason": _writable(reason),
        "set_aside": False,
        "raw": None,
    }


def leaked(collection: Collection, record_id: str, fields: Sequence[str]) -> dict[str, Any]:
    """The problem of a record that carried a secret in the fields."""
    names = ", ".join(dict.fromkeys(fields))
    return text_row(collection, "DAT007", record_id, names, f"carried a secret in {names}; it was dropped")


def one_each(problems: Iterable[dict[str, Any]]) -> list[dict[str, Any]]:
    """One row for each rule and record; the raw records of several become lines of one."""
    told: dict[tuple[str, str], dict[str, Any]] = {}
    for row in problems:
        before = told.setdefault((row["rule"], row["record_id"]), row)
        if before is not row:
            _join(before, row)
    return list(told.values())


def _join(before: dict[str, Any], row: dict[str, Any]) -> None:
    """Add what the second row knows to the first: its fields, its raw record."""
    fields = dict.fromkeys([*before["field"].split(", "), *row["field"].split(", ")])
    if len(fields) > len(before["field"].split(", ")):
        before["reason"] = f"{before['reason']}; another of the same id: {row['reason']}"
    before["field"] = ", ".join(fields)
    lines = [line for each in (before, row) for line in (each["raw"] or "").split("\n") if line]
    before["raw"] = "\n".join(dict.fromkeys(lines)) or None


def _writable(text: str) -> str:
    return text.encode("utf-8", "backslashreplace").decode()
