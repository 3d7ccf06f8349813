"""A difference for a reader, and as JSON."""

from __future__ import annotations

import json

import pandas as pd

from auditkit.access.telling import columns, word
from auditkit.findings_text import instant
from auditkit.review.accepted import last_day
from auditkit.review.difference import Difference
from auditkit.review.judged import told
from auditkit.review.rotated import rotations
from auditkit.snapshot import Snapshot

_LISTED = 40
_ACCEPTED = ("rule", "severity", "subject_type", "subject_id", "message", "fingerprint", "reason", "owner", "until")
_CLOSE = pd.Timedelta(minutes=10)


def to_json(found: Difference) -> str:
    """The difference as one JSON object: the same bytes for the same snapshots, limits and instants."""
    parts = {
        "records": found.records, "rotations": rotations(found), "access": found.access, "findings": found.findings,
    }  # fmt: skip
    whole = {
        "schema": 1,
        "organisation_id": found.new.organisation_id,
        "old": _named(found.old) | found.judged[0].to_dict(),
        "new": _named(found.new) | found.judged[1].to_dict(),
        "fairness": list(found.fairness),
        "notes": [*found.apart, *_close(found)],
        "accepted": _apart(found),
        **{name: _records(frame) for name, frame in parts.items()},
    }
    return json.dumps(whole, ensure_ascii=False, indent=1) + "\n"


def to_text(found: Difference) -> str:
    """By what each side was judged, how fair the comparison is, then each part with its count and first lines.

    Plain rotations of credentials are counted and not listed: they come by the hundred, and are what is wanted.
    """
    old, new = instant(found.old.as_of), instant(found.new.as_of)
    lines = [f"{found.new.organisation_id}: from {old} to {new}"]
    lines += [*(f"  {line}" for line in (*told(*found.judged), *found.apart, *_close(found))), ""]
    if found.fairness:
        lines += ["Not like for like:", *(f"  {why}" for why in found.fairness), ""]
    # What still stands is counted, not listed: it is no difference.
    moved = found.findings[found.findings.status.ne("still")]
    moved = moved.assign(message=moved.message + ("; " + moved.note).where(moved.note.ne(""), ""))
    rotated = rotations(found)
    folded = found.records.collection.eq("credentials") & found.records.record_id.isin([*rotated.old, *rotated.new])
    parts = (
        (f"Findings: {_counts(found.findings.status)}", moved,
         ("status", "severity", "rule", "subject_id", "quarters", "message")),
        (f"Access: {_counts(found.access.change)}", found.access,
         ("change", "principal_id", "permission", "before", "after", "through")),
        ("\n".join([f"Records: {_counts(found.records.change)}", *_rotated(rotated)]), found.records[~folded],
         ("change", "record", "record_id", "fields", "note")),
    )  # fmt: skip
    for title, frame, head in parts:
        lines += [title, *_table(frame, head), ""]
    return "\n".join(lines)


def _close(found: Difference) -> list[str]:
    """Says it where both were pulled at nearly one time and are judged as of then: time has not passed between them."""
    sides = found.judged
    near = abs(found.new.as_of - found.old.as_of) <= _CLOSE and found.new.id != found.old.id
    if not near or any(each.as_of != each.pulled_at for each in sides):
        return []
    return ["both were pulled within 10 minutes: if they are of different days, judge each at its own time, by "
            "--as-of OLD --as-of NEW"]  # fmt: skip


def _rotated(rotated: pd.DataFrame) -> list[str]:
    """One line a kind of credential."""
    return [
        f"  {len(how):,} of kind {word(kind)} rotated ({_counts(how)}, each with a new one of the same principal): "
        "--format json lists them"
        for kind, how in rotated.groupby("kind").how
    ]


def _counts(change: pd.Series) -> str:
    counts = change.astype("str").value_counts(sort=False)
    return ", ".join(f"{int(count):,} {name}" for name, count in counts.items()) or "no difference"


def _table(frame: pd.DataFrame, head: tuple[str, ...]) -> list[str]:
    shown = frame[list(head)].astype("str").head(_LISTED)
    head = tuple(name for name in head if name != "note" or shown.note.ne("").any())
    rows = list(map(tuple, shown[list(head)].to_numpy().tolist()))
    more = [f"  and {len(frame) - _LISTED:,} more: --format json lists them"] if len(frame) > _LISTED else []
    return [*columns(head, rows), *more] if rows else []


def _apart(found: Difference) -> list[dict[str, object]] | None:
    """What is accepted in the newer, by whom, why, and the last day of that; None where nothing was given."""
    if found.accepted is None:
        return None
    rows = found.accepted[1]
    return _records(rows.assign(until=last_day(rows.until))[list(_ACCEPTED)])


def _named(snapshot: Snapshot) -> dict[str, object]:
    return {"id": snapshot.id, "pulled_at": instant(snapshot.as_of), "complete": snapshot.complete}


def _records(frame: pd.DataFrame) -> list[dict[str, object]]:
    plain = frame.assign(**{name: frame[name].astype("str") for name in frame.columns if name != "quarters"})
    return [{str(name): value for name, value in row.items()} for row in plain.to_dict("records")]
