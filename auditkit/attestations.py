"""What no API tells, as people attest it: who holds the legacy admin token, when it was last changed, break-glass."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from datetime import date, datetime
from pathlib import Path
from typing import Any

import pandas as pd

from auditkit.errors import InputError
from auditkit.given import read_toml

KINDS = ("legacy-token", "break-glass")
"""The legacy admin token of `/admin/developer`, and accounts kept for an emergency."""

COLUMNS = ("kind", "what", "who", "when", "note")
_NEEDED = ("kind", "what", "who", "when")
_KEY_VALUE = re.compile(r"ik_[A-Za-z0-9_-]+\.[!-~]+")


def read_attestations(path: str | Path) -> pd.DataFrame:
    """The attestations of a TOML file: tables `[[attestation]]` with kind, what, who, when and, if wanted, note.

    Gives `COLUMNS`, all text but `when`, a time in UTC; a date means its midnight. Raises `InputError` that numbers the
    entry which says too little.
    """
    name, rows = Path(path).name, tables(path, "attestation")
    return attestations([_row(f"{name}, attestation {number}", row) for number, row in enumerate(rows, 1)])


def attestations(rows: list[dict[str, Any]]) -> pd.DataFrame:
    """Attestations as a frame, from rows with the keys `COLUMNS`."""
    frame = pd.DataFrame(rows, columns=list(COLUMNS))
    texts = {name: frame[name].fillna("").astype("str") for name in COLUMNS if name != "when"}
    return frame.assign(**texts, when=pd.to_datetime(frame.when, utc=True).astype("datetime64[us, UTC]"))


EMPTY = attestations([])


def attestations_text(frame: pd.DataFrame) -> str:
    """Attestations as the TOML that `read_attestations` reads back."""
    rows = frame.assign(when=frame.when.dt.strftime("%Y-%m-%dT%H:%M:%SZ")).to_dict("records")
    return "\n".join("[[attestation]]\n" + "".join(_line(row, name) for name in COLUMNS if row[name]) for row in rows)


def _line(row: dict[Any, Any], name: str) -> str:
    # JSON's way to quote is one of TOML's, but for DEL, which TOML wants escaped as well.
    value = row[name] if name == "when" else json.dumps(row[name], ensure_ascii=False).replace("\x7f", "\\u007f")
    return f"{name} = {value}\n"


def tables(path: str | Path, key: str) -> list[Mapping[str, Any]]:
    """The tables `[[key]]` of a TOML file that holds nothing else; `InputError` says what is wrong with it."""
    file = Path(path)
    table = read_toml(file, "a TOML file")
    rows = table.pop(key, [])
    if table or not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
        raise InputError(f"{file.name}: holds tables [[{key}]] and nothing else")
    return rows


def texts(where: str, row: Mapping[str, Any], names: tuple[str, ...]) -> dict[str, str]:
    """Some keys of an entry as text, absent ones empty; `InputError` for one that is no text, or holds an API key."""
    found = {name: row.get(name, "") for name in names}
    if odd := [name for name, value in found.items() if not isinstance(value, str)]:
        raise InputError(f"{where}: {odd[0]} must be text")
    if any(_KEY_VALUE.search(value) for value in found.values()):
        raise InputError(f"{where}: holds an API key; leave it out, and revoke that key")
    return {name: value.strip() for name, value in found.items()}


def point(where: str, name: str, value: Any) -> pd.Timestamp:
    """A date (its midnight UTC) or a time with an offset of a TOML file, or such a text, as a time."""
    try:
        given = datetime.fromisoformat(value) if isinstance(value, str) and len(value) > 10 else value
        given = date.fromisoformat(given) if isinstance(given, str) else given
        if isinstance(given, datetime) and given.tzinfo is None:
            raise InputError(f"{where}: {name} has no offset; write it as 2026-10-01T00:00:00Z, or as a date")
        if isinstance(given, datetime):
            return pd.Timestamp(given).tz_convert("UTC").as_unit("us")
        if isinstance(given, date):
            return pd.Timestamp(given, tz="UTC").as_unit("us")
    except (ValueError, OverflowError):
        pass
    raise InputError(f"{where}: {name} is no time; write it as 2026-10-01, or as 2026-10-01T00:00:00Z")


def _row(where: str, row: Mapping[str, Any]) -> dict[str, Any]:
    if odd := sorted(set(row) - set(COLUMNS)):
        raise InputError(f"{where}: has a key {odd[0]!r}; only {', '.join(COLUMNS)} are known")
    found = texts(where, row, ("kind", "what", "who", "note"))
    if missing := [name for name in _NEEDED if not row.get(name)]:
        raise InputError(f"{where}: has no {missing[0]}; {', '.join(_NEEDED)} are needed")
    if found["kind"] not in KINDS:
        raise InputError(f"{where}: there is no kind {found['kind']!r}; use one of {', '.join(KINDS)}")
    return found | {"when": point(where, "when", row["when"])}
