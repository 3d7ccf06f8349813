"""What is said on standard error beside an audit: what was missing, what was judged in part, an odd instant."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from auditkit.terminal import moment, partly_lines, visible

if TYPE_CHECKING:
    from auditkit.findings import Findings
    from auditkit.snapshot import Snapshot

_LONG = pd.Timedelta(days=365)


def notes(findings: Findings) -> list[str]:
    """The lines for these findings; none where the snapshot is whole, rules judged all, the instant is near."""
    return [
        *_incomplete(findings),
        *(f"partly evaluated: {line.strip()}" for line in partly_lines(findings)),
        *instant_notes(findings.snapshot, findings.as_of),
    ]


def _incomplete(findings: Findings) -> list[str]:
    missing = findings.snapshot.incomplete
    if not missing:
        return []
    silent = findings.not_evaluated
    none, some = int((~silent.partly).sum()), int(silent.partly.sum())
    return [
        f"the snapshot is not complete: {visible(', '.join(missing))} could not be read whole; of "
        f"{len(findings.rules)} rules, {none} were not evaluated and {some} only partly"
    ]


def instant_notes(snapshot: Snapshot, as_of: pd.Timestamp) -> list[str]:
    """Says it where `as_of` lies before every record of the snapshot, or more than 365 days from its pull."""
    tables = (frame for frame in snapshot.frames.values() if "created_at" in frame)
    first = min((time for frame in tables if pd.notna(time := frame.created_at.min())), default=None)
    pulled = f"the snapshot was pulled at {moment(snapshot.as_of)}"
    if first is not None and as_of < first:
        return [
            f"--as-of {moment(as_of)} lies before every record of the snapshot, the first of {moment(first)}; {pulled}"
        ]
    if abs(as_of - snapshot.as_of) > _LONG:
        return [f"--as-of {moment(as_of)} lies more than 365 days from the pull; {pulled}"]
    return []
