"""Any number of audits of one organisation, oldest first, as one table: what a figure over quarters is drawn from."""

from __future__ import annotations

import json
from collections.abc import Sequence

import pandas as pd

from auditkit.errors import ReviewError
from auditkit.findings import Findings
from auditkit.findings_text import instant
from auditkit.review.accepted import Judged as Apart
from auditkit.review.accepted import set_apart
from auditkit.review.judged import Judged
from auditkit.severity import SEVERITIES

COLUMNS = (
    "as_of", "snapshot", "complete", *SEVERITIES, "findings", "new", "gone", "accepted", "principals", "credentials",
)  # fmt: skip


def history(audits: Sequence[Findings], accepted: pd.DataFrame | None = None) -> pd.DataFrame:
    """One row an audit, in the order of their instants: `COLUMNS`.

    What an entry of `accepted` accepts at the instant of an audit is counted in `accepted` alone. `new` and `gone`
    compare with the row before, and what is accepted is not gone; both are 0 in the first. Raises `ReviewError` for
    audits of two organisations, and for none.
    """
    if not audits:
        raise ReviewError("there is nothing to tell a history of: give at least one snapshot")
    names = {audit.snapshot.organisation_id for audit in audits}
    if len(names) > 1:
        raise ReviewError(f"the snapshots are of different organisations: {', '.join(map(repr, sorted(names)))}")
    ordered = sorted(audits, key=lambda audit: audit.as_of)
    judged = [set_apart(audit, accepted) for audit in ordered]
    prints = [set(one.open.frame.fingerprint) for one in judged]
    apart = [set(one.accepted.fingerprint) for one in judged]
    before = [prints[0], *prints[:-1]]
    rows = [
        _row(one) | {"new": len(now - last), "gone": len(last - now - kept)}
        for one, now, last, kept in zip(judged, prints, before, apart, strict=True)
    ]
    return pd.DataFrame(rows, columns=list(COLUMNS))


def history_json(rows: pd.DataFrame, by: Judged) -> str:
    """The table of `history` as one JSON object, with what all of it was judged by."""
    told = by.to_dict()
    plain = rows.assign(as_of=rows.as_of.map(instant)).to_dict("records")
    whole = {"schema": 1, "required": told["required"], "limits": told["limits"], "audits": plain}
    return json.dumps(whole, ensure_ascii=False, indent=1) + "\n"


def _row(judged: Apart) -> dict[str, object]:
    audit = judged.open
    counts = audit.frame.severity.astype("str").value_counts()
    return {
        "as_of": audit.as_of,
        "snapshot": audit.snapshot.id,
        "complete": audit.snapshot.complete,
        **{severity: int(counts.get(severity, 0)) for severity in SEVERITIES},
        "findings": len(audit.frame),
        "accepted": len(judged.accepted),
        "principals": len(audit.snapshot.principals),
        "credentials": len(audit.snapshot.credentials),
    }
