"""What a review shows of a campaign, as frames and HTML: made of what is on disk, with no widget in it."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import pandas as pd

from auditkit.findings_met import counted
from auditkit.review.entries import Entry
from auditkit.widgets.base import View
from auditkit.widgets.coverage import unread
from auditkit.widgets.markup import bullets, definitions, safe_table, safe_text
from auditkit.widgets.proving import detail_html, records
from auditkit.widgets.review_acts import Sitting
from auditkit.widgets.review_sift import NOBODY, WORST_FIRST, is_left

if TYPE_CHECKING:
    from auditkit.access.tables import Tables
    from auditkit.findings import Findings
    from auditkit.review.difference import Difference

LEFT_COLUMNS = ("severity", "item", "whose", "says", "recommendation", "because", "reviewer", "asked_again")
LABELS = {
    "recommendation": "Advice", "says": "What it is", "why": "Because", "waiting": "Handed on", "name": "Name",
    "quarters": "Seen in a row", "principal_id": "Principal", "record_id": "Id",
}  # fmt: skip
MISSING = "Not read whole, and what is missing is no item"
_HELD = {
    "credential": ("credentials", "credential_id"),
    "assignment": ("role_assignments", "assignment_id"),
    "grant": ("permission_grants", "grant_id"),
}
NOTHING = "Nothing to compare with: name the last quarter's campaign or snapshot as PREVIOUS in the first cell"


def progress_view(sitting: Sitting) -> View:
    """Items, decided, left and conflicts by reviewer, with the same by severity above."""
    by = sitting.campaign.progress("reviewer")
    by["reviewer"] = by.reviewer.where(by.reviewer.ne(""), NOBODY)
    worst = sitting.campaign.progress("severity").set_index("severity")
    worst = worst.loc[[word for word in WORST_FIRST if word in worst.index]].reset_index()
    whole = int(by["items"].sum())
    conflicts = int(by.conflicts.sum())
    headline = f"{int(by.decided.sum()):,} of {counted(whole, 'item')} decided; {int(by.left.sum()):,} left"
    handed = int(by.waiting.sum())
    notes = [_disagreed(conflicts)]
    notes += [f"Handed on, and waiting for somebody else: {counted(handed, 'item')}"] if handed else []
    words = "By severity of the worst finding on an item (a dash: no rule flags it)"
    table = safe_table(worst, caption=words, labels=LABELS)
    notes += [f"This review was {sitting.closed}"] if sitting.closed else []
    return View(frame=by, headline=headline, notes=notes, extras=[table], labels=LABELS,
                warnings=unread(sitting.campaign.snapshot), warned=MISSING)  # fmt: skip


def left_view(sitting: Sitting) -> View:
    """What nobody has decided as it is now; what was handed on is told apart."""
    standing = sitting.standing
    rows = standing[is_left(standing)].reset_index(drop=True)
    handed = standing[standing.waiting]
    told = handed[["item", "whose", "says", "action", "asked_of", "decided_by", "reason"]]
    again = ("; " + rows.asked_again).where(rows.asked_again.ne(""), "")
    frame = rows[list(LEFT_COLUMNS)].assign(
        reviewer=rows.reviewer.where(rows.reviewer.ne(""), NOBODY), why=rows.because + again
    )
    alone = int(rows.reviewer.eq("").sum())
    stale = int(standing.stale.sum())
    notes = (
        [
            f"{alone:,} without a reviewer: to be delegated to somebody (To: a name), here in the panels or by "
            "`auditkit review decide`"
        ]
        if alone
        else []
    )
    notes += [f"{stale:,} were decided on other content than they have, and are asked again"] if stale else []
    extras = [safe_table(told, caption="Handed on, to be decided by somebody else", labels=LABELS)] if len(told) else []
    return View(frame=frame, headline=f"{counted(len(rows), 'item')} left", notes=notes, extras=extras,
                filters=("severity", "reviewer", "recommendation"), labels=LABELS,
                hidden=("because", "asked_again"))  # fmt: skip


def log_view(sitting: Sitting) -> View:
    """Who decided what, the latest first, with what was taken back or decided anew still there."""
    log = sitting.entries
    undone = {entry.undoes for entry in log if entry.action == "undo"}
    names = ("at", "item", "action", "target", "reviewer", "reason", "bulk", "account", "entry_id")
    frame = pd.DataFrame({name: [getattr(one, name) for one in reversed(log)] for name in names}, dtype="str")
    standing = {one.entry_id for item in {one.item for one in log} for one in sitting.said(item)}
    standing |= {one.entry_id for one in log if one.action == "attest"}
    marks = ["taken back" if name in undone else "stands" if name in standing else "" for name in frame.entry_id]
    frame.insert(2, "whose", frame["item"].map(sitting.standing.set_index("item").whose).fillna(""))
    frame.insert(4, "state", pd.Series(marks, dtype="str"))
    # Which together, is in the frame; a reader wants to know that, and of how many.
    together = frame.bulk.str.extract(r"\((.+)\)$", expand=False)
    why = (frame.reason + " (" + together + " decided together)").fillna(frame.reason).str.strip()
    frame.insert(frame.columns.get_loc("account"), "why", why)
    accounts = frame.account.unique()
    alone = f", {accounts[0]} in each entry" if len(accounts) == 1 else ""
    notes = [f"The reviewer is the name that was typed; the account is the operating system's{alone}."]
    return View(frame=frame, headline=f"{counted(len(log), 'entry', 'entries')} in the log", notes=notes,
                filters=("action", "reviewer", "state"), labels={**LABELS, "why": "Reason"},
                hidden=("entry_id", "bulk", "reason", *(["account"] if alone else []),
                        *_empty(frame, "whose", "target", "why")))  # fmt: skip


def conflicts_view(sitting: Sitting) -> View:
    """What each reviewer says of the items on which they disagree."""
    odd = sitting.standing[sitting.standing.conflict].set_index("item", drop=False)
    items = odd["item"]
    said = [one for item in items for one in sitting.said(item)]
    names = ("item", "reviewer", "action", "target", "reason", "at")
    frame = pd.DataFrame({name: [getattr(one, name) for one in said] for name in names}, dtype="str")
    for place, name in enumerate(("whose", "says"), 1):
        frame.insert(place, name, frame["item"].map(odd[name]).astype("str"))
    notes = ["Nobody wins by being last: a decision below, with its reason, settles it."] if len(items) else []
    return View(frame=frame, headline=_disagreed(len(items)), notes=notes, labels=LABELS,
                hidden=_empty(frame, "target"))  # fmt: skip


def difference_view(found: Difference | None) -> View:
    """The findings that are new, gone or still there since the last quarter, came back since one before, or are
    accepted now; and how fair that is."""
    if found is None:
        return View(frame=pd.DataFrame(), headline=NOTHING)
    old, new = found.old.as_of, found.new.as_of
    why = f"<strong>Not like for like</strong>{bullets(found.fairness)}"
    unfair = f'<div class="ak-warn">{why}</div>' if found.fairness else ""
    rows = found.findings
    # What is about a principal and something else begins with the principal.
    alone = ~rows.subject_id.str.contains("|", regex=False)
    name = _names(rows.subject_type.where(alone, "principal"), rows.subject_id.str.partition("|")[0], found)
    frame = rows.assign(name=name)[["status", "severity", "rule", "subject_id", "name", "message", "note", "quarters"]]
    return View(frame=frame, headline=f"From {old:%Y-%m-%d} to {new:%Y-%m-%d}: {counts(frame.status)}",
                notes=[f"{line[:1].upper()}{line[1:]}." for line in found.apart], extras=[unfair],
                filters=("status", "rule"), labels=LABELS, hidden=_empty(frame, "note"))  # fmt: skip


def access_view(found: Difference | None) -> View:
    """Who gained or lost which access since the last quarter, and through what."""
    if found is None:
        return View(frame=pd.DataFrame(), headline=NOTHING)
    name = _names(pd.Series("principal", index=found.access.index), found.access.principal_id, found)
    columns = ["change", "principal_id", "name", "permission", "before", "after", "through"]
    frame = found.access.assign(name=name)[columns]
    told = f"Effective permissions: {counts(frame.change)}"
    return View(frame=frame, headline=told, filters=("change", "permission"), labels=LABELS)


def records_view(found: Difference | None) -> View:
    """Which records came, went or changed since the last quarter, and in which fields."""
    if found is None:
        return View(frame=pd.DataFrame(), headline=NOTHING)
    rows = found.records
    frame = rows.assign(name=_names(rows.record, rows.record_id, found))
    frame = frame[["change", "record", "record_id", "name", "fields", "note"]]
    return View(frame=frame, headline=f"Records: {counts(frame.change)}", filters=("change", "record"), labels=LABELS,
                hidden=_empty(frame, "note"))  # fmt: skip


def _disagreed(items: int) -> str:
    return f"Reviewers disagree on {counted(items, 'item') if items else 'no item'}"


def _empty(frame: pd.DataFrame, *names: str) -> tuple[str, ...]:
    """Those of the columns that say nothing in any row: a screen has better use for their width."""
    return tuple(name for name in names if frame[name].fillna("").eq("").all())


def _names(kinds: pd.Series, ids: pd.Series, found: Difference) -> pd.Series:
    """What the principals are called that these are, or whose records: by the newer snapshot, if it has them."""
    known: dict[tuple[str, str], str] = {}
    for one in (found.old, found.new):
        people = one.principals.set_index("principal_id").display_name
        known |= {("principal", key): name for key, name in people.items()}
        for kind, (table, key) in _HELD.items():
            rows = one.frames[table]
            holders = rows.principal_id.map(people)
            known |= {(kind, each): name for each, name in zip(rows[key], holders, strict=True)}
    asked = zip(kinds.astype("str"), ids, strict=True)
    return pd.Series([known.get(each) for each in asked], index=ids.index, dtype="str")


def counts(words: pd.Series) -> str:
    """How often each word occurs, in words: "31 new, 19 gone"."""
    counts = words.astype("str").value_counts(sort=False)
    return ", ".join(f"{int(count):,} {word}" for word, count in counts.items()) or "no difference"


def item_html(row: Mapping[str, str], said: Sequence[Entry]) -> str:
    """An item: what it is, what is recommended and why, what was decided last time, and what stands now."""
    last = " ".join(part for part in (row["previous_action"], _because(row["previous_reason"])) if part)
    facts = definitions(
        [
            *([("Whose", row["whose"])] if row["kind"] != "principal" else []),
            ("Recommended", f"{row['recommendation']}: {row['because']}"),
            ("Asked of", row["asked_of"] or "nobody yet"),
            ("Last quarter", last or "no decision is known"),
            *([("Asked again", row["asked_again"])] if row["asked_again"] else []),
        ]
    )
    now = [f"{one.action}{' to ' + one.target if one.target else ''} by {one.reviewer} at {one.at}"
           f"{_because(one.reason)}" for one in said]  # fmt: skip
    stands = f"<p><strong>On disk</strong></p>{bullets(now)}" if now else '<p class="ak-note">Not decided yet.</p>'
    odd = '<p class="ak-warn">Reviewers disagree on this item.</p>' if row["conflict"] else ""
    odd += '<p class="ak-warn">Decided on other content than it has: decide again.</p>' if row["stale"] else ""
    severity = safe_text(row["severity"])
    return (
        f'<p class="ak-head"><span class="ak-pill ak-{severity}">{severity}</span> {safe_text(row["item"])}</p>'
        f"<p><strong>{safe_text(row['says'])}</strong></p>{odd}{stands}{facts}"
    )


def proof_html(row: Mapping[str, str], tables: Tables, findings: Findings) -> str:
    """What proves an item: its findings, or where it has none, its records."""
    prints = row["fingerprints"].split()
    rows = findings.frame[findings.frame.fingerprint.isin(prints)].astype("object").to_dict("records")
    if rows:
        return "".join(detail_html({str(name): value for name, value in one.items()}, tables) for one in rows)
    named = {name: row[name] for name in ("principal_id", "role_id", "permission_id") if _told(row[name])}
    subject = {"subject_type": row["kind"], "subject_id": row["record_id"], "related": json.dumps(named)}
    found, _ = records(subject, tables)
    tables_html = "".join(safe_table(one.fields[["field", "value"]], caption=f"{one.table.capitalize()}: {one.key}")
                          for one in found)  # fmt: skip
    return f'<p class="ak-note">No rule flags this item. Its records:</p>{tables_html}'


def _because(reason: str) -> str:
    return f" ({reason})" if _told(reason) else ""


def _told(value: object) -> bool:
    return isinstance(value, str) and value != ""
