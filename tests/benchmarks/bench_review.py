"""What a decision costs against a bare insert of the same durability, and a campaign against writing what it holds, as
Parquet and by bare inserts."""

from __future__ import annotations

import gc
import os
import sqlite3
import tempfile
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from statistics import median

import numpy as np
import pandas as pd

from auditkit.access.tables import Tables
from auditkit.findings import run_rules
from auditkit.limits import Limits
from auditkit.review.campaign import start
from auditkit.review.decisions import DecisionStore
from auditkit.review.entries import COLUMNS, Entry
from auditkit.schema import frame
from auditkit.snapshot import Snapshot, build

DECISIONS = 300
PRINCIPALS, CREDENTIALS, ASSIGNMENTS = 20_000, 40_000, 40_000
AS_OF = "2026-10-01T00:00:00Z"
BARE = f"INSERT INTO bare ({', '.join(COLUMNS)}) VALUES ({', '.join('?' * len(COLUMNS))})"


def seconds(call: Callable[[], object]) -> float:
    gc.collect()
    start_ = time.perf_counter()
    call()
    return time.perf_counter() - start_


def decision(folder: Path) -> tuple[float, float]:
    """The median seconds of a decision acknowledged, and of a bare insert, one after the other."""
    bare = sqlite3.connect(folder / "bare.sqlite", isolation_level=None)
    bare.execute("PRAGMA journal_mode=WAL")
    bare.execute("PRAGMA synchronous=FULL")
    bare.execute(f"CREATE TABLE bare (number INTEGER PRIMARY KEY, {', '.join(f'{name} TEXT' for name in COLUMNS)})")
    sample = Entry(entry_id="e", campaign="q", item="assignment:a", content="c" * 64, action="remove", reviewer="mara",
                   at=AS_OF, reason="left the team", chain="0" * 64, previous="0" * 64)  # fmt: skip
    times: tuple[list[float], list[float]] = ([], [])
    with DecisionStore(folder / "decisions.sqlite") as store:
        for number in range(DECISIONS):
            entry = replace(sample, entry_id=f"e{number}", item=f"assignment:{number}", previous="", chain="")
            row = [getattr(entry, name) for name in COLUMNS]
            times[0].append(seconds_of(lambda one=entry: store.append([one])))
            times[1].append(seconds_of(lambda values=row: bare.execute(BARE, values)))
    bare.close()
    return median(times[0]), median(times[1])


def seconds_of(call: Callable[[], object]) -> float:
    start_ = time.perf_counter()
    call()
    return time.perf_counter() - start_


def company() -> Snapshot:
    """100,000 items: principals, credentials and assignments."""
    numbers = {name: np.arange(count).astype(str) for name, count in
               (("p", PRINCIPALS), ("c", CREDENTIALS), ("a", ASSIGNMENTS))}  # fmt: skip
    people = [f"p{number}" for number in numbers["p"]]
    old = "2026-08-01T00:00:00Z"
    return build(
        {
            "organisation": frame("organisation", {"organisation_id": ["org"], "name": ["Acme"], "direct_api_key_auth": [False]}),
            "principals": frame("principals", {
                "principal_id": people, "type": ["ApiKey"] * PRINCIPALS, "display_name": people,
                "status": ["Active"] * PRINCIPALS, "organisation_id": ["org"] * PRINCIPALS, "created_at": [old] * PRINCIPALS,
                "last_active_at": [old] * PRINCIPALS,
            }),
            "credentials": frame("credentials", {
                "credential_id": [f"c{number}" for number in numbers["c"]], "key_id": [f"k{number}" for number in numbers["c"]],
                "name": ["main"] * CREDENTIALS, "principal_id": [people[number % PRINCIPALS] for number in range(CREDENTIALS)],
                "kind": ["ApiKey"] * CREDENTIALS, "created_at": [old] * CREDENTIALS, "last_used_at": [old] * CREDENTIALS,
            }),
            "roles": frame("roles", {
                "role_id": ["r0", "r1"], "name": ["A", "B"], "scope": ["Organisation"] * 2,
                "supported_principal_types": [["ApiKey"]] * 2, "permission_ids": [["x"], []],
            }),
            "permissions": frame("permissions", {
                "permission_id": ["x"], "identifier": ["iot.device.read"], "module": ["iot"], "feature": ["device"],
                "action": ["read"], "name": ["Read"], "is_preview": [False],
            }),
            "role_assignments": frame("role_assignments", {
                "assignment_id": [f"a{number}" for number in numbers["a"]],
                "principal_id": [people[number % PRINCIPALS] for number in range(ASSIGNMENTS)],
                "role_id": [f"r{number // PRINCIPALS}" for number in range(ASSIGNMENTS)],
                "organisation_id": ["org"] * ASSIGNMENTS, "created_at": [old] * ASSIGNMENTS,
            }),
        },
        as_of=AS_OF,
    )  # fmt: skip


def campaign(folder: Path) -> tuple[float, float, float]:
    """The seconds of starting a campaign, of writing its Parquet, and of inserting its items into SQLite."""
    tables = Tables(company())
    findings = run_rules(tables, Limits())
    began = start(tables, findings, name="q", out=folder / "warm", started_at=pd.Timestamp(AS_OF))
    items = began.items
    assert len(items) == PRINCIPALS + CREDENTIALS + ASSIGNMENTS
    when = pd.Timestamp(AS_OF)
    sealed = folder / "warm" / "snapshot"
    held = {path.name: pd.read_parquet(path) for path in sorted(sealed.glob("*.parquet"))}
    held["population.parquet"] = items
    texts = list(items.itertuples(index=False, name=None))
    rounds = [
        (
            seconds(lambda n=n: start(tables, findings, name="q", out=folder / f"q{n}", started_at=when)),
            seconds(lambda n=n: parquet(folder / f"bare{n}", held)),
            seconds(lambda n=n: inserted(folder / f"bare{n}.sqlite", texts)),
        )
        for n in range(5)
    ]
    begun, written, stored = (min(times) for times in zip(*rounds, strict=True))
    return begun, written, stored


def parquet(folder: Path, frames: dict[str, pd.DataFrame]) -> None:
    """The Parquet files that a campaign's folder holds, its population and its snapshot, each flushed to the disk."""
    folder.mkdir()
    for name, rows in frames.items():
        rows.to_parquet(folder / name, compression="zstd", index=False)
        with (folder / name).open("rb+") as file:
            os.fsync(file.fileno())


def inserted(path: Path, rows: list[tuple[str, ...]]) -> None:
    """The items into a bare SQLite table, in one transaction, flushed to the disk as a decision is."""
    bare = sqlite3.connect(path, isolation_level=None)
    bare.execute("PRAGMA journal_mode=WAL")
    bare.execute("PRAGMA synchronous=FULL")
    bare.execute(f"CREATE TABLE bare ({', '.join(f'c{number}' for number in range(len(rows[0])))})")
    bare.execute("BEGIN")
    bare.executemany(f"INSERT INTO bare VALUES ({', '.join('?' * len(rows[0]))})", rows)
    bare.execute("COMMIT")
    bare.close()


def main() -> list[tuple[str, float, float]]:
    """Rows of (name, ratio, goal)."""
    with tempfile.TemporaryDirectory() as folder:
        acknowledged, inserted = decision(Path(folder))
        begun, written, stored = campaign(Path(folder))
    print(f"<!-- a decision {acknowledged * 1000:.1f} ms; a campaign of 100,000 items {begun:.1f} s -->")
    return [
        ("a decision acknowledged, against a bare SQLite insert of the same durability", acknowledged / inserted, 3.0),
        ("starting a campaign of 100,000 items, against writing its Parquet", begun / written, 3.0),
        ("starting a campaign of 100,000 items, against a bare SQLite insert of its items", begun / stored, 3.0),
    ]


if __name__ == "__main__":
    for row in main():
        print(*row)
