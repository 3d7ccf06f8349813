"""How long a report of the sample takes, against a ten-cell notebook with four SVG figures, run and exported."""

from __future__ import annotations

import subprocess
import sys
import tempfile
import time
from pathlib import Path

from auditkit import bundle

ROUNDS = 3
_FIGURE = """
fig, ax = plt.subplots(figsize=(6, 3))
ax.bar(range(12), range(12)); ax.set_title("A figure")
plt.show()
"""
_CELLS = [
    "import pandas as pd\nimport matplotlib.pyplot as plt\n%config InlineBackend.figure_formats = ['svg']",
    "frame = pd.DataFrame({'a': range(300), 'b': range(300)})",
    *[_FIGURE] * 4,
    "frame.head(100)", "frame.describe()", "frame.a.sum()", "print('done')",
]  # fmt: skip
_FLOOR = f"""
import nbformat, sys
from nbclient import NotebookClient
from nbconvert import HTMLExporter
cells = [nbformat.v4.new_code_cell(source) for source in {_CELLS!r}]
notebook = NotebookClient(nbformat.v4.new_notebook(cells=cells)).execute()
open(sys.argv[1], "w").write(HTMLExporter(exclude_input=True).from_notebook_node(notebook)[0])
"""


def timed(words: list[str]) -> float:
    """How long a command takes, in seconds."""
    start = time.perf_counter()
    subprocess.run([sys.executable, *words], check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    return time.perf_counter() - start


def main() -> list[tuple[str, float, float]]:
    """Rows of (name, ratio, goal)."""
    with tempfile.TemporaryDirectory() as folder:
        work = Path(folder)
        bundle.sample_snapshot().save(work / "snapshot")
        required, config = (str(bundle.bundled(f"data/{name}")) for name in ("required_permissions.csv", "limits.toml"))
        floor, report = ["-c", _FLOOR, str(work / "floor.html")], ["-m", "auditkit", "report", str(work / "snapshot")]
        report += ["--required", required, "--config", config, "--out", str(work / "report.html")]
        # Taken in turns, so that whatever else the machine does hits both.
        times = [(timed(floor), timed(report)) for _ in range(ROUNDS)]
    best = [min(one) for one in zip(*times, strict=True)]
    return [("`auditkit report` of the sample, against a ten-cell notebook run and exported", best[1] / best[0], 2.5)]


if __name__ == "__main__":
    for row in main():
        print(*row)
