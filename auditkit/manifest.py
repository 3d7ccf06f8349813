"""What a snapshot says about itself: where it comes from, when, how much was read, and what could not be."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields
from typing import Any, TypedDict

import pandas as pd

from auditkit.errors import SnapshotDamaged, SnapshotTooNew
from auditkit.schema import COLLECTIONS

SCHEMA_VERSION = 1


class Counts(TypedDict):
    """What became of the records of one collection: received = kept + set_aside + duplicates."""

    received: int
    kept: int
    set_aside: int
    duplicates: int
    complete: bool
    reason: str | None


class Unread(TypedDict):
    """One list that could not be read: whose (a principal's or group's id), why, and the HTTP status, if any."""

    collection: str
    owner: str | None
    reason: str
    status: int | None


class FileEntry(TypedDict):
    """One file of the snapshot: its rows and the SHA-256 of its bytes."""

    rows: int
    sha256: str


def counts(received: int, set_aside: int = 0, duplicates: int = 0, *, reason: str | None = None) -> Counts:
    """The counts of a collection; it is complete unless a reason is given."""
    return Counts(
        received=received,
        kept=received - set_aside - duplicates,
        set_aside=set_aside,
        duplicates=duplicates,
        complete=reason is None,
        reason=reason,
    )


@dataclass(frozen=True, kw_only=True)
class Manifest:
    """The facts about a pull or an import; `files` is filled once the snapshot's files have been written out."""

    tool_version: str
    organisation_id: str
    origin: str
    started_at: pd.Timestamp
    finished_at: pd.Timestamp
    clock_skew_seconds: float = 0.0
    collections: dict[str, Counts] = field(default_factory=dict)
    unread: list[Unread] = field(default_factory=list)
    files: dict[str, FileEntry] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)
    schema_version: int = SCHEMA_VERSION

    def to_bytes(self) -> bytes:
        """The canonical bytes: sorted keys, ASCII, one newline at the end. Equal manifests give equal bytes."""
        plain = {each.name: getattr(self, each.name) for each in fields(self)}
        plain |= {name: _iso(plain[name]) for name in ("started_at", "finished_at")}
        return (json.dumps(plain, sort_keys=True, indent=1, allow_nan=False) + "\n").encode("ascii")

    @property
    def digest(self) -> str:
        """The SHA-256 of the canonical bytes, in hex."""
        return hashlib.sha256(self.to_bytes()).hexdigest()

    @classmethod
    def from_bytes(cls, data: bytes) -> Manifest:
        """Read a manifest; SnapshotTooNew for a newer schema, SnapshotDamaged for anything that is no manifest."""
        plain = _plain(data)
        _refuse_other_versions(plain.get("schema_version"))
        wanted = {each.name for each in fields(cls)}
        if wrong := sorted(wanted ^ set(plain)):
            raise SnapshotDamaged(f"manifest.json is damaged: {', '.join(wrong)} missing or unknown; {_AGAIN}")
        if wrong := sorted(name for name, fits in _SHAPES.items() if not fits(plain[name])):
            raise SnapshotDamaged(f"manifest.json is damaged: {', '.join(wrong)} cannot be read; {_AGAIN}")
        return cls(**plain | {name: pd.Timestamp(plain[name]) for name in ("started_at", "finished_at")})


_AGAIN = "restore the folder from a copy, or pull or import again"


def _iso(time: pd.Timestamp) -> str:
    text = time.tz_convert("UTC").isoformat(timespec="microseconds")
    return f"{text.removesuffix('+00:00')}Z"


def _plain(data: bytes) -> dict[str, Any]:
    """The JSON object that the bytes hold."""
    try:
        plain = json.loads(data)
    except (ValueError, RecursionError) as error:
        raise SnapshotDamaged(f"manifest.json is no JSON ({type(error).__name__}); {_AGAIN}") from None
    if not isinstance(plain, dict):
        raise SnapshotDamaged(f"manifest.json holds no JSON object; {_AGAIN}")
    return plain


def _refuse_other_versions(version: object) -> None:
    """Only the versions that this program knows are read; there is no older one yet."""
    if type(version) is not int or version < 1:
        raise SnapshotDamaged(f"manifest.json names no schema version; {_AGAIN}")
    if version > SCHEMA_VERSION:
        raise SnapshotTooNew(
            f"the snapshot was written under schema version {version}, and this auditkit reads up to {SCHEMA_VERSION}: "
            "upgrade auditkit to open it"
        )


def _is_text(value: object) -> bool:
    return isinstance(value, str)


def _is_count(value: object) -> bool:
    return type(value) is int and value >= 0


def _is_number(value: object) -> bool:
    return type(value) in (int, float)


def _is_time(value: object) -> bool:
    """An instant with its offset, in text."""
    try:
        return isinstance(value, str) and pd.Timestamp(value).tzinfo is not None
    except ValueError:
        return False


def _is_texts(value: object) -> bool:
    return isinstance(value, list) and all(map(_is_text, value))


def _maybe(fits: Callable[[object], bool]) -> Callable[[object], bool]:
    return lambda value: value is None or fits(value)


def _has(shape: Mapping[str, Callable[[object], bool]], value: object) -> bool:
    """Whether the value is an object with exactly the keys of the shape, each fitting."""
    return isinstance(value, dict) and set(value) == set(shape) and all(fits(value[key]) for key, fits in shape.items())


_COUNTS: dict[str, Callable[[object], bool]] = {
    **dict.fromkeys(("received", "kept", "set_aside", "duplicates"), _is_count),
    "complete": lambda value: isinstance(value, bool),
    "reason": _maybe(_is_text),
}
_UNREAD: dict[str, Callable[[object], bool]] = {
    "collection": lambda value: value in COLLECTIONS,
    "owner": _maybe(_is_text),
    "reason": _is_text,
    "status": _maybe(_is_count),
}
_FILE: dict[str, Callable[[object], bool]] = {"rows": _is_count, "sha256": _is_text}


def _is_collections(value: object) -> bool:
    return (
        isinstance(value, dict)
        and set(value) == set(COLLECTIONS)
        and all(_has(_COUNTS, each) for each in value.values())
    )


def _is_files(value: object) -> bool:
    return isinstance(value, dict) and all(_has(_FILE, each) for each in value.values())


_SHAPES: dict[str, Callable[[Any], bool]] = {
    "tool_version": _is_text,
    "organisation_id": _is_text,
    "origin": _is_text,
    "started_at": _is_time,
    "finished_at": _is_time,
    "clock_skew_seconds": _is_number,
    "collections": _is_collections,
    "unread": lambda value: isinstance(value, list) and all(_has(_UNREAD, each) for each in value),
    "files": _is_files,
    "notes": _is_texts,
}
