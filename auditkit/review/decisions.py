"""The store of decisions: append-only, chained, on disk before anything shows a decision as made."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import pandas as pd

from auditkit.errors import DecisionRefused, ReviewError
from auditkit.review.entries import COLUMNS, DECISIONS, GENESIS, HANDED, NONE_SEEN, Entry, breaks, chained, check
from auditkit.review.newer import refuse_newer

_BUSY_SECONDS = 30.0
_TABLE = f"""
CREATE TABLE IF NOT EXISTS entries (
    number INTEGER PRIMARY KEY AUTOINCREMENT,
    {", ".join(f"{name} TEXT NOT NULL" for name in COLUMNS)},
    UNIQUE (entry_id)
) STRICT;
CREATE TRIGGER IF NOT EXISTS no_update BEFORE UPDATE ON entries
    BEGIN SELECT RAISE(ABORT, 'decisions are never changed; add an entry'); END;
CREATE TRIGGER IF NOT EXISTS no_delete BEFORE DELETE ON entries
    BEGIN SELECT RAISE(ABORT, 'decisions are never deleted; add an entry'); END;
"""
_SELECT = f"SELECT {', '.join(COLUMNS)} FROM entries"  # noqa: S608
_INSERT = f"INSERT INTO entries ({', '.join(COLUMNS)}) VALUES ({', '.join('?' * len(COLUMNS))})"  # noqa: S608

_STANDS = ("action", "target", "reviewer", "at", "reason", "content", "bulk")


class DecisionStore:
    """The decisions of one campaign in one SQLite file (WAL, synchronous FULL); several processes may write at once."""

    def __init__(self, path: str | Path) -> None:
        """Open `path`, made with mode 0600 if it is absent. Raises `ReviewError` for a file that is no such store."""
        self.path = Path(path)
        if not self.path.exists():
            self.path.touch(mode=0o600)
        try:
            self._connection = sqlite3.connect(self.path, timeout=_BUSY_SECONDS, isolation_level=None)
            # 0 is what this auditkit writes; one that changes the table will count on.
            refuse_newer(self.path, self._connection.execute("PRAGMA user_version").fetchone()[0], known=0)
            self._connection.execute("PRAGMA journal_mode=WAL")
            self._connection.execute("PRAGMA synchronous=FULL")
            self._connection.executescript(_TABLE)
            self._connection.execute(f"{_SELECT} LIMIT 0")
        except sqlite3.DatabaseError as problem:
            message = f"{self.path.name}: is no store of decisions ({problem}); restore it from a copy"
            raise ReviewError(message) from None

    def close(self) -> None:
        """Let go of the file."""
        self._connection.close()

    def __enter__(self) -> DecisionStore:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def append(self, entries: Iterable[Entry], *, recommendations: Mapping[str, str] | None = None) -> int:
        """Write entries in one transaction, all or none; returns how many are new.

        An entry whose id is there already with the same content is left as it is: a replayed click decides nothing
        twice. Raises `DecisionRefused` for one that says too little, or whose id stands for another decision.
        """
        asked = list(entries)
        for entry in asked:
            check(entry, recommendation=(recommendations or {}).get(entry.item))
        with self._writing() as cursor:
            last = cursor.execute("SELECT chain FROM entries ORDER BY number DESC LIMIT 1").fetchone()
            before, count = (last[0] if last else GENESIS), 0
            for entry in asked:
                if self._known(cursor, entry):
                    continue
                tied = chained(entry, before)
                cursor.execute(_INSERT, [getattr(tied, name) for name in COLUMNS])
                before, count = tied.chain, count + 1
        return count

    def entries(self) -> list[Entry]:
        """The whole log in its order."""
        rows = self._connection.execute(f"{_SELECT} ORDER BY number")
        return [Entry(**dict(zip(COLUMNS, row, strict=True))) for row in rows]

    def verify(self) -> list[str]:
        """What is wrong with the log: one sentence a break, none if it is sound."""
        return breaks(self.entries())

    @contextmanager
    def _writing(self) -> Iterator[sqlite3.Cursor]:
        cursor = self._connection.cursor()
        cursor.execute("BEGIN IMMEDIATE")
        try:
            yield cursor
        except BaseException:
            cursor.execute("ROLLBACK")
            raise
        cursor.execute("COMMIT")

    @staticmethod
    def _known(cursor: sqlite3.Cursor, entry: Entry) -> bool:
        row = cursor.execute(f"{_SELECT} WHERE entry_id = ?", [entry.entry_id]).fetchone()
        if row is None:
            return False
        there = dict(zip(COLUMNS, row, strict=True))
        same = all(there[name] == getattr(entry, name) for name in ("item", "content", "action", "reviewer", "target"))
        if not same:
            raise DecisionRefused(f"entry {entry.entry_id}: that id stands for another decision already; decide again")
        return True


def state(entries: Iterable[Entry]) -> pd.DataFrame:
    """Where each decided item stands, replayed from the log.

    Returns item, action, target, reviewer, at, reason, content, bulk, conflict (bool), voices (how many reviewers hold
    a decision), in item order. A reviewer's later entry replaces their earlier one; two reviewers who differ are a
    conflict until an entry with `resolves` settles it; an undone entry counts no more. Whoever hands an item on says
    nothing against the one who then decides: what is handed on stands only as long as nobody decides.
    """
    rows = [_row(item, said) for item, said in voices(entries).items()]
    return pd.DataFrame(rows, columns=["item", *_STANDS, "conflict", "voices"])


def voices(entries: Iterable[Entry]) -> dict[str, list[Entry]]:
    """What each reviewer says of each item, by item, replayed from the log: what was neither replaced, nor settled, nor
    taken back."""
    log = list(entries)
    undone = {entry.undoes for entry in log if entry.action == "undo"}
    standing = {item: _standing(said, undone) for item, said in sorted(histories(log).items())}
    return {item: said for item, said in standing.items() if said}


def histories(log: Iterable[Entry]) -> dict[str, dict[str, tuple[Entry, frozenset[str]]]]:
    """By item and id the entries that say something of it, undone ones too, each with the ids of those on the item that
    its author had before them: all before it in the log, or, in one taken from another copy, those that were there."""
    found: dict[str, dict[str, tuple[Entry, frozenset[str]]]] = {}
    for entry in log:
        if entry.action not in DECISIONS:
            continue
        past = found.setdefault(entry.item, {})
        seen = frozenset(entry.seen.split()) - {NONE_SEEN} if entry.seen else frozenset(past)
        past[entry.entry_id] = (entry, seen)
    return found


def _standing(said: Mapping[str, tuple[Entry, frozenset[str]]], undone: set[str]) -> list[Entry]:
    """What still stands of the entries on one item. An entry replaces only what its author had seen; whatever the order
    in which two copies were merged, the same stands, in the same order."""
    counted = [pair for entry_id, pair in said.items() if entry_id not in undone]
    replaced = {
        before
        for entry, seen in counted
        for before in seen
        if entry.resolves or (before in said and said[before][0].reviewer == entry.reviewer)
    }
    left = [(len(seen), entry.entry_id, entry) for entry, seen in counted if entry.entry_id not in replaced]
    return [entry for _, _, entry in sorted(left, key=lambda each: each[:2])]


def disagreements(entries: Iterable[Entry]) -> dict[str, str]:
    """By item on which reviewers disagree what each of them says, in words."""
    told = {}
    for item, said in voices(entries).items():
        deciding = [one for one in said if one.action not in HANDED]
        if _differ(deciding):
            told[item] = ", ".join(f"{one.reviewer} says {one.action} {one.target}".strip() for one in deciding)
    return told


def _differ(deciding: Iterable[Entry]) -> bool:
    return len({(one.action, one.target) for one in deciding}) > 1


def _row(item: str, said: list[Entry]) -> dict[str, object]:
    deciding = [one for one in said if one.action not in HANDED]
    last = (deciding or said)[-1]
    shown = {name: getattr(last, name) for name in _STANDS}
    return {"item": item, **shown, "conflict": _differ(deciding), "voices": len(said)}
