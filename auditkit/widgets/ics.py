"""Expiries as a calendar file (RFC 5545) that calendars import; the same bytes for the same credentials."""

from __future__ import annotations

import hashlib

import pandas as pd

_ESCAPES = str.maketrans({"\\": "\\\\", ";": "\\;", ",": "\\,", "\n": "\\n"})
_WIDEST = 75
_STEPS = "Issue a new one, deploy it, confirm that it is used, then revoke this one."


def expiries_ics(credentials: pd.DataFrame, *, as_of: pd.Timestamp) -> str:
    """One event for each credential, on the day in UTC on which it expires.

    `credentials` has credential_id, key_id, name, principal_id and expires_at. Texts are escaped, controls left out.
    """
    ends = credentials[credentials.expires_at.notna()].sort_values(["expires_at", "credential_id"])
    columns = [ends[name].astype("str").tolist() for name in ("credential_id", "key_id", "name", "principal_id")]
    lines = ["BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//auditkit//expiries//EN", "CALSCALE:GREGORIAN"]
    for credential, key, name, principal, end in zip(*columns, ends.expires_at.tolist(), strict=True):
        lines += _event(credential, key, name, principal, end, as_of)
    return "\r\n".join(_folded(line) for line in [*lines, "END:VCALENDAR"]) + "\r\n"


def _event(credential: str, key: str, name: str, principal: str, end: pd.Timestamp, as_of: pd.Timestamp) -> list[str]:
    # Not the id itself: it is any text, and a UID must be the same after every import.
    uid = hashlib.sha256(credential.encode()).hexdigest()[:32]
    day = end.tz_convert("UTC")
    return [
        "BEGIN:VEVENT",
        f"UID:{uid}@auditkit",
        f"DTSTAMP:{as_of:%Y%m%dT%H%M%SZ}",
        f"DTSTART;VALUE=DATE:{day:%Y%m%d}",
        f"SUMMARY:{_text(f'Credential {name} ({key}) of {principal} expires')}",
        f"DESCRIPTION:{_text(f'At {day:%Y-%m-%d %H:%M} UTC. {_STEPS}')}",
        "TRANSP:TRANSPARENT",
        "END:VEVENT",
    ]


def _text(text: str) -> str:
    inert = "".join(char if char.isprintable() or char == "\n" else " " for char in text)
    return inert.translate(_ESCAPES)


def _folded(line: str) -> str:
    """A line of at most 75 bytes, the rest on lines that begin with a space; no character is cut in two."""
    pieces, piece, size = [], "", 0
    for char in line:
        width = len(char.encode())
        if size + width > _WIDEST:
            pieces.append(piece)
            piece, size = " ", 1
        piece, size = piece + char, size + width
    return "\r\n".join([*pieces, piece])
