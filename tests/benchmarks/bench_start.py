"""How soon `auditkit --help` answers, against importing what it is made of."""

from __future__ import annotations

import subprocess
import sys
import time

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
    floor = best(["-c", "import typer, rich"])
    return [("`auditkit --help`, against `import typer, rich`", best(["-m", "auditkit", "--help"]) / floor, 3.0)]


if __name__ == "__main__":
    for row in main():
        print(*row)
