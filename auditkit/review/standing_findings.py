"""What became of the findings from one audit to the next: new, still there, come back, accepted, gone."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from auditkit.review.accepted import Judged, last_day

FINDING_COLUMNS = (
    "status", "rule", "severity", "subject_type", "subject_id", "message", "fingerprint", "quarters", "note",
)  # fmt: skip
_ORDER = {"new": 0, "came back": 1, "still": 2, "accepted": 3, "gone": 4}


def findings(audits: Sequence[Judged]) -> pd.DataFrame:
    """Open findings of the last audit, and those that the one before it had, by fingerprint: `FINDING_COLUMNS`.

    `status` is new, still, came back (in the last and in an earlier one, but not in the one before it), accepted (open
    in the one before, accepted in the last) or gone; `quarters` how many audits in a row, up to the last that had it,
    it was open; `note` until when it is accepted, or was before it was a finding again.
    """
    *earlier, old, new = [set(audit.open.frame.fingerprint) for audit in audits]
    before, after = audits[-2:]
    was = before.open.frame
    frame = pd.concat([after.open.frame, was[~was.fingerprint.isin(new)]], ignore_index=True)
    prints = frame.fingerprint
    lapsed, apart = prints.map(_ends(before)), prints.map(_ends(after))
    there = prints.isin(new)
    choices = [~there & apart.notna(), ~there, prints.isin(old), prints.isin(set().union(*earlier))]
    status = np.select(choices, ["accepted", "gone", "still", "came back"], "new")
    quarters = [_run(mark, [*earlier, old] if mark not in new else [*earlier, old, new]) for mark in prints]
    again = ("a finding again: accepted until " + lapsed.astype("str")).where(there & lapsed.notna(), "")
    note = ("accepted until " + apart.astype("str")).where(~there & apart.notna(), again)
    out = frame.assign(status=status, quarters=quarters, note=note.astype("str"))[list(FINDING_COLUMNS)]
    return out.iloc[pd.Series(status).map(_ORDER).argsort(kind="stable")].reset_index(drop=True)


def _ends(audit: Judged) -> pd.Series:
    """By the fingerprint of what was accepted the last day of that."""
    return pd.Series(last_day(audit.accepted.until).to_numpy(), audit.accepted.fingerprint, dtype="str")


def _run(mark: str, audits: Sequence[set[str]]) -> int:
    """In how many of the last audits in a row the fingerprint stands."""
    length = 0
    for prints in reversed(audits):
        if mark not in prints:
            break
        length += 1
    return length
