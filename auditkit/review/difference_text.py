"""A difference for a reader, and as JSON."""

from __future__ import annotations

import json

import pandas as pd

from auditkit.access.telling import columns
from auditkit.findings_text import instant
from auditkit.review.difference import Difference
from auditkit.review.judged import told
from auditkit.snapshot import Snapshot

_LISTED = 40


def to_json(found: Difference) -> str:
    """The difference as one JSON object: the same bytes for the same snapshots, limits and instants."""
    parts = {"records": found.records, "access": found.access, "findings": found.findings}
    whole = {
        "schema": 1,
        "organisation_id": found.new.organisation_id,
        "old": _named(found.old) | found.judged[0].to_dict(),
        "new": _named(found.new) | found.judged[1].to_dict(),
        "fairness": list(found.fairness),
        **{name: _records(frame) for name, frame in parts.items()},
    }
    return json.dumps(whole, ensure_ascii=False, indent=1) + "\n"


def to_text(found: Difference) -> str:
    """By what each side was judged, how fair the comparison is, then each part with its count and first lines."""
    old, new = instant(found.old.as_of), instant(found.new.as_of)
    lines = [f"{found.new.organisation_id}: from {old} to {new}"]
    lines += [*(f"  {line}" for line in told(*found.judged)), ""]
    if found.fairness:
        lines += ["Not like for like:", *(f"  {why}" for why in found.fairness), ""]
    parts = (
        ("Records", found.records, ("change", "record", "record_id", "fields")),
        ("Access", found.access, ("change", "principal_id", "permission", "before", "after", "through")),
        ("Findings", found.findings, ("status", "severity", "rule", "subject_id", "quarters", "message")),
    )
    for title, frame, head in parts:
        # What still stands is counted, not listed: it is no difference.
        lines += [f"{title}: {_counts(frame[head[0]])}", *_table(frame[frame[head[0]].ne("still")], head), ""]
    return "\n".join(lines)


def _counts(change: pd.Series) -> str:
    counts = change.astype("str").value_counts(sort=False)
    return ", ".join(f"{int(count):,} {word}" for word, count in counts.items()) or "no difference"


def _table(frame: pd.DataFrame, head: tuple[str, ...]) -> list[str]:
    rows = list(map(tuple, frame[list(head)].astype("str").head(_LISTED).to_numpy().tolist()))
    more = [f"  and {len(frame) - _LISTED:,} more"] if len(frame) > _LISTED else []
    return [*columns(head, rows), *more] if rows else []


def _named(snapshot: Snapshot) -> dict[str, object]:
    return {"id": snapshot.id, "pulled_at": instant(snapshot.as_of), "complete": snapshot.complete}


def _records(frame: pd.DataFrame) -> list[dict[str, object]]:
    plain = frame.assign(**{name: frame[name].astype("str") for name in frame.columns if name != "quarters"})
    return [{str(name): value for name, value in row.items()} for row in plain.to_dict("records")]
