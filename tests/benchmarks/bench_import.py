"""The import of a document of 100,000 principals, against `json.loads` of the same bytes."""

from __future__ import annotations

import json
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import pandas as pd

from auditkit import import_document
from auditkit.sandbox.maker import make_organisation

SIZE = 100_000


def best(work: Callable[[], object]) -> float:
    """The shortest of three runs, in seconds."""
    times = []
    for _ in range(3):
        began = time.perf_counter()
        work()
        times.append(time.perf_counter() - began)
    return min(times)


def main() -> list[tuple[str, float, float]]:
    """Rows of (name, ratio, goal)."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "organisation.json"
        path.write_text(json.dumps(make_organisation(size=SIZE)), encoding="utf-8")
        at = pd.Timestamp("2026-10-01T00:00:00Z").as_unit("us")
        ours = best(lambda: import_document(path, pulled_at=at))
        floor = best(lambda: json.loads(path.read_bytes()))
    return [(f"import of a document of {SIZE:,} principals, against `json.loads` of it", ours / floor, 3.0)]


if __name__ == "__main__":
    for row in main():
        print(*row)
