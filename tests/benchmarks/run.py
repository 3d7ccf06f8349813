"""Run every benchmark here and print README's table: `python tests/benchmarks/run.py [NAME ...]`."""

from __future__ import annotations

import importlib
import os
import platform
import sys
from pathlib import Path

HERE = Path(__file__).parent


def machine() -> str:
    """The machine in one line: processor, cores, Python."""
    info = Path("/proc/cpuinfo")
    names = [line.split(":")[1].strip() for line in info.read_text().splitlines() if "model name" in line] if info.exists() else []
    return f"{names[0] if names else platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}"


def main(wanted: list[str]) -> int:
    """Print the rows of the benchmarks wanted (default: all) as Markdown; the status is 1 if a goal was missed."""
    sys.path.insert(0, str(HERE))
    names = [path.stem for path in sorted(HERE.glob("bench_*.py"))]
    missed = 0
    print("| measured | ratio | goal |\n|---|---|---|")
    for name in [name for name in names if not wanted or name.removeprefix("bench_") in wanted]:
        for label, ratio, goal in importlib.import_module(name).main():
            met = ratio >= goal if str(label).startswith("at least") else ratio <= goal
            missed += not met
            print(f"| {label} | {ratio:.2f} | {goal} |{'' if met else ' missed'}", flush=True)
    print(f"\nMeasured on {machine()}.")
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
