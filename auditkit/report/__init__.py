"""A notebook, run headless, as one self-contained HTML file; the findings for other programs."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from auditkit.snapshot import Snapshot


def make_report(snapshot: str | Path | Snapshot, **options: Any) -> Path:
    """See `auditkit.report.run.make_report`, imported when it is called: it brings Jupyter's client with it."""
    from auditkit.report import run

    return run.make_report(snapshot, **options)


def write_report(snapshot: str | Path | Snapshot, out: str | Path, **options: Any) -> Path:
    """`make_report` with the file to write as its second argument."""
    return make_report(snapshot, out=out, **options)
