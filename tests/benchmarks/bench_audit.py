"""The audit: all rules at 100,000 principals against DuckDB, its growth and its memory."""

from __future__ import annotations

import math
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import duckdb
from organisations import dense
from sql import EFFECTIVE, LEVELS, ROW_RULES, views

from auditkit.access.tables import Tables
from auditkit.findings import audit
from auditkit.limits import Limits
from auditkit.rules import RULES
from auditkit.snapshot import load

SIZE = 100_000
Row = tuple[str, float, float]

# The high-water mark of the process itself: what `getrusage` tells is inherited from the parent.
_MEMORY = """
import sys
from auditkit.findings import audit
from auditkit.snapshot import load
audit(load(sys.argv[1]))
print(next(line.split()[1] for line in open("/proc/self/status") if line.startswith("VmHWM")))
"""


def timed(work: Callable[[], Any], rounds: int = 3) -> float:
    """The shortest of several runs, in seconds."""
    times = []
    for _ in range(rounds):
        start = time.perf_counter()
        work()
        times.append(time.perf_counter() - start)
    return min(times)


def in_turns(one: Callable[[], Any], other: Callable[[], Any], rounds: int) -> tuple[float, float]:
    """The shortest run of each, taken in turns, so that whatever else the machine does hits both."""
    pairs = [(timed(one, 1), timed(other, 1)) for _ in range(rounds)]
    return min(one for one, _ in pairs), min(other for _, other in pairs)


def connected(folder: Path) -> Any:
    """DuckDB over the snapshot's own Parquet files."""
    connection = duckdb.connect()
    views(connection, folder)
    return connection


def whole(folder: Path) -> list[Row]:
    """Every rule, from the folder on, against the one query of DuckDB that says who effectively holds how much."""
    connection = connected(folder)
    ours = timed(lambda: audit(load(folder)))
    start = time.perf_counter()
    theirs = connection.execute(EFFECTIVE).fetchone()
    floor = time.perf_counter() - start
    counts = Tables(load(folder))["effective"].counts()
    assert theirs == tuple(int(counts[level].sum()) for level in LEVELS), "the two sides disagree"
    return [(f"`audit`, all rules, {SIZE:,} principals, from disk, against DuckDB's effective query", ours / floor, 0.1)]


def row_rules(folder: Path) -> list[Row]:
    """Rules over single rows, on the tables in hand, against the same in SQL over the same files.

    Both sides give subject, sentence and proof of every hit.
    """
    connection, tables, limits = connected(folder), Tables(load(folder)), Limits()
    rules = [rule for rule in RULES if rule.id in ROW_RULES]
    pairs: dict[str, tuple[float, float]] = {}
    for rule in rules:
        ours = partial(rule.hits, tables, as_of=tables.as_of, limits=limits)
        theirs = partial(_rows, connection, ROW_RULES[rule.id])
        assert _said(ours()) == _said(theirs()), f"the two sides disagree on {rule.id}"
        pairs[rule.id] = in_turns(ours, theirs, 15)
    together = sum(one for one, _ in pairs.values()) / sum(other for _, other in pairs.values())
    slowest = max(pairs, key=lambda name: pairs[name][0] / pairs[name][1])
    ratio = pairs[slowest][0] / pairs[slowest][1]
    return [
        (f"{len(pairs)} row rules together, against the same in DuckDB SQL on the same Parquet", together, 1.5),
        (f"the slowest of them, {slowest}", ratio, 1.5),
    ]


def _rows(connection: Any, query: str) -> Any:
    return connection.sql(query).to_arrow_table()


def _said(hits: Any) -> list[tuple[str, str]]:
    return sorted(zip(hits["subject_id"].to_pylist(), hits["message"].to_pylist(), strict=True))


def growth(small: Path, large: Path) -> list[Row]:
    """How the audit grows with ten times as many principals, and what memory it takes."""
    exponent = math.log10(timed(lambda: audit(load(large))) / timed(lambda: audit(load(small))))
    peak = subprocess.run([sys.executable, "-c", _MEMORY, str(large)], check=True, capture_output=True, text=True)
    return [
        (f"growth of `audit` from {SIZE // 10:,} to {SIZE:,} principals, as an exponent", exponent, 1.1),
        (f"its peak memory at {SIZE:,} principals, in GB", int(peak.stdout) / 1e6, 2.0),
    ]


def main() -> list[Row]:
    """Rows of (name, ratio, goal)."""
    with tempfile.TemporaryDirectory() as folder:
        work = Path(folder)
        small, large = work / "small", work / "large"
        dense(SIZE // 10).save(small)
        dense(SIZE).save(large)
        return [*whole(large), *row_rules(large), *growth(small, large)]


if __name__ == "__main__":
    for row in main():
        print(*row)
