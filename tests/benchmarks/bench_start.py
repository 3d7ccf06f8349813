"""How soon the commands answer that do little, against importing what they are made of."""

from __future__ import annotations

import subprocess
import sys
import tempfile
import time
from pathlib import Path

from auditkit.bundle import bundled, sample_snapshot

ROUNDS = 9


def best(words: list[str]) -> float:
    """The shortest of several runs, in seconds."""
    times = []
    for _ in range(ROUNDS):
        start = time.perf_counter()
        subprocess.run([sys.executable, *words], check=True, stdout=subprocess.DEVNULL)
        times.append(time.perf_counter() - start)
    return min(times)


def main() -> list[tuple[str, float, float]]:
    """Rows of (name, ratio, goal)."""
    with tempfile.TemporaryDirectory() as folder:
        snapshot = sample_snapshot().save(Path(folder) / "snapshot")
        required = str(bundled("data/required_permissions.csv"))
        audit = ["-m", "auditkit", "audit", str(snapshot), "--required", required, "--format", "json"]
        help_ratio = best(["-m", "auditkit", "--help"]) / best(["-c", "import typer, rich"])
        audit_ratio = best(audit) / best(["-c", "import pandas, pyarrow.parquet, scipy.sparse"])
    return [
        ("`auditkit --help`, against `import typer, rich`", help_ratio, 3.0),
        ("`audit` of the sample, against importing pandas, pyarrow.parquet, scipy.sparse", audit_ratio, 2.0),
    ]


if __name__ == "__main__":
    for row in main():
        print(*row)
