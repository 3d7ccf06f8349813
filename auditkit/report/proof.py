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


def in_words(frame: pd.DataFrame) -> pd.Series:
    """What each finding's proof adds to its subject, principal and message, as `field: value; field: value`.

    `frame` has the columns related, subject_id, principal_id and message. Null where the proof adds nothing.
    """
    rows = zip(frame.related, frame.subject_id, frame.principal_id, frame.message, strict=True)
    words = [
        _words(json.loads(related), {*subject.split("|"), principal}, message)
        for related, subject, principal, message in rows
    ]
    return pd.Series(words, index=frame.index, dtype="str")


def _words(fields: dict[str, Any], known: set[Any], message: str) -> str | None:
    told = {name: _text(value) for name, value in fields.items() if value is not None and value != []}
    new = {name: text for name, text in told.items() if text not in known and text not in message}
    firsts = {text: name for name, text in reversed(new.items())}
    added = [f"{name}: {text}" for name, text in new.items() if firsts[text] == name]
    return "; ".join(added) or None


def _text(value: Any) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    # Shares such as 0.543859649122807 prove nothing more in sixteen digits.
    return f"{value:.3g}" if isinstance(value, float) else str(_plain(value))


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
