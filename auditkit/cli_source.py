"""The commands that bring a snapshot, and the one that serves an organisation to try them on: pull, import, sandbox."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from auditkit.cli_options import fresh
from auditkit.cli_output import say
from auditkit.terminal import snapshot_lines

if TYPE_CHECKING:
    from auditkit.snapshot import Snapshot

SOMETHING_UNREAD = 3
_Out = Annotated[Path, typer.Option("--out", metavar="DIR", help="The snapshot folder to write.")]


def import_(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="An organisation document, JSON.")], out: _Out
) -> None:
    """Read an organisation document into a snapshot.

    \b
    Example:
      auditkit import organisation.json --out ./snapshot
    """
    import pandas as pd

    from auditkit.source.document import import_document

    fresh(out)
    snapshot = import_document(file, pulled_at=pd.Timestamp.now("UTC").as_unit("us"))
    snapshot.save(out)
    _tell(snapshot, out)


def _tell(snapshot: Snapshot, out: Path) -> None:
    for line in snapshot_lines(snapshot):
        say(line)
    say(f"snapshot {snapshot.id} in {out}")
