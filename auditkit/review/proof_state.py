"""What a record was when it was reviewed, and what it is later: whether it gives anything, and in words."""

from __future__ import annotations

import pandas as pd

from auditkit.access.tables import Tables

TABLES = {"principal": "principals", "credential": "credentials", "assignment": "assignments", "grant": "grants"}
_HELD = ("scope_type", "scope_path", "conditions", "organisation_id", "expires_at")
_FIELDS = {
    "principal": ("status", "type", "organisation_id", "expires_at"),
    "credential": ("principal_id", "key_id", "expires_at", "revoked_at"),
    "assignment": ("principal_id", "role_id", *_HELD),
    "grant": ("principal_id", "permission_id", *_HELD),
}


def compared(asked: pd.DataFrame, kind: str, before: Tables, after: Tables) -> pd.DataFrame:
    """For each decision of one kind what became of its record.

    `there` (it is in `after`), `works` (it gives what it stands for, by its own state), `revoked` (somebody ended it,
    as against an end date that came), `lingers` (it is a credential, assignment or grant that gives nothing and is
    there all the same: nobody took it away, and it did not end since the review), `same` (as it was at the review, and
    gives as much or as little), `differs` (the fields that are not as they were), `stated` (it ended on the day that
    was its end at the review), `end` (that day), `used` (the day of a use after its end, if there was one since the
    review) and `now`, a sentence.
    """
    then, now = (_rows(asked, kind, tables) for tables in (before, after))
    there = asked.record_id.isin(after[TABLES[kind]][f"{kind}_id"])
    fields = {name: _text(then[name]).ne(_text(now[name])) for name in _FIELDS[kind]}
    differing = pd.DataFrame(fields, index=asked.index)
    end = then.expires_at
    stated = end.le(after.as_of) & end.gt(before.as_of) & (~there | now.expires_at.eq(end))
    works = _works(kind, now, after)
    frame = pd.DataFrame(
        {
            "there": there,
            "works": works,
            "revoked": _revoked(kind, now, after),
            "same": there & ~differing.any(axis="columns") & works.eq(_works(kind, then, before)),
            "differs": _listed(differing),
            "end": _day(end),
        }
    )
    frame["used"] = _used(kind, now, frame, before, after).astype("str").fillna("")
    frame["stated"] = stated & ~frame.works & ~frame.revoked
    # An expired assignment or grant is over; a credential is until revoked, but for one that ended since.
    over = now.expires_at.le(after.as_of) & ((kind != "credential") | ~then.expires_at.le(before.as_of))
    frame["lingers"] = (kind != "principal") & there & ~works & ~frame.revoked & ~over
    return frame.assign(now=_now(kind, asked, now, frame, after))


def _rows(asked: pd.DataFrame, kind: str, tables: Tables) -> pd.DataFrame:
    """The record of each decision; nothing in a row whose record is not there."""
    rows: pd.DataFrame = tables[TABLES[kind]].set_index(f"{kind}_id")
    return rows.reindex(asked.record_id).set_axis(asked.index)


def _text(column: pd.Series) -> pd.Series:
    return column.astype("str").fillna("\x00")


def _works(kind: str, rows: pd.DataFrame, tables: Tables) -> pd.Series:
    """A principal that is active works, of whatever organisation it is: nothing else stops it here."""
    if kind == "principal":
        return rows.status.eq("Active") & ~rows.expires_at.le(tables.as_of)
    return rows.live.eq(True)


def _revoked(kind: str, rows: pd.DataFrame, tables: Tables) -> pd.Series:
    if kind == "principal":
        return rows.status.notna() & rows.status.ne("Active")
    if kind == "credential":
        return rows.revoked_at.le(tables.as_of)
    return pd.Series(False, index=rows.index)


def _used(kind: str, rows: pd.DataFrame, state: pd.DataFrame, before: Tables, after: Tables) -> pd.Series:
    """The day of a use after it had ended: of a revoked credential always, else of a use after the review too."""
    if kind not in ("principal", "credential"):
        return pd.Series("", index=rows.index, dtype="str")
    last = rows.last_activity if kind == "principal" else rows.last_used_at
    ended = rows.expires_at.where(rows.expires_at.le(after.as_of))
    if kind == "credential":
        ended = ended.where(~state.revoked, rows.revoked_at)
    # When a principal was stopped nobody wrote down: one that was so at the review was so before every later use.
    stopped = state.revoked & state.same if kind == "principal" else pd.Series(False, index=rows.index)
    since = last.gt(before.as_of) | (state.revoked & (kind == "credential"))
    return _day(last.where(since & (last.gt(ended) | stopped)))


def _now(kind: str, asked: pd.DataFrame, rows: pd.DataFrame, state: pd.DataFrame, after: Tables) -> pd.Series:
    named = kind + " " + asked.record_id
    unusable = "its principal " + asked.principal_id + " cannot use it now"
    if kind == "principal":
        ends = rows.expires_at
        words = "is " + rows.status.astype("str").str.lower()
        words = words + (", ended on " + _day(ends)).where(ends.le(after.as_of), ", ends " + _day(ends)).fillna("")
    elif kind == "credential":
        ended = ("expired on " + _day(rows.expires_at) + " and is not revoked").fillna("no longer works")
        words = ended.mask(state.revoked, "was revoked on " + _day(rows.revoked_at)).mask(state.works, "still works")
        words = words.mask(state.works & rows.principal_usable.ne(True), "is not revoked, though " + unusable)
    else:
        ended = ("expired on " + _day(rows.expires_at.where(rows.expires_at.le(after.as_of)))).astype("str")
        idle = "is still there, and gives nothing: "
        foreign = idle + "it belongs to the organisation " + rows.organisation_id.astype("str")
        words = ended.fillna(foreign).mask(state.works, "still works")
        words = words.mask(state.works & rows.principal_usable.ne(True), "is there, though " + unusable)
        if kind == "assignment":
            refused = _refused(rows, after)
            words = words.mask(state.works & refused.notna(), idle + refused)
    still = pd.Series("", index=rows.index, dtype="str").mask(state.same & ~state.works, ", as at the review")
    used = (", yet was used on " + state.used).where(state.used.ne(""), "")
    gone = f"no longer among the {kind}s"
    return (named + " " + words + still + used).where(state.there, gone).astype("str")


def _refused(rows: pd.DataFrame, after: Tables) -> pd.Series:
    """What of an assignment's role keeps it from giving anything to whoever holds it; a group hands it on all the same,
    so that of its own type nothing follows."""
    reach = after["reach"]
    reach = reach[reach.support.eq("no") & reach.principal_type.ne("Group")]
    words = "role " + reach.role_id + " does not support " + reach.principal_type.astype("str")
    told = words.set_axis(reach.principal_id + "\x1f" + reach.role_id)
    return (rows.principal_id + "\x1f" + rows.role_id).map(told).astype("str")


def _listed(differing: pd.DataFrame) -> pd.Series:
    """The names of the fields that differ, with a comma between."""
    words = pd.Series("", index=differing.index, dtype="str")
    for name in differing:
        words = words.mask(differing[name], words + ", " + str(name))
    return words.str.removeprefix(", ")


def _day(times: pd.Series) -> pd.Series:
    return times.dt.strftime("%Y-%m-%d").astype("str")


def left_under(principals: pd.Series, tables: Tables) -> pd.Series:
    """What works by itself under each principal: its credentials, assignments and grants; empty where nothing does."""
    parts = []
    for kind in ("credential", "assignment", "grant"):
        rows = tables[TABLES[kind]]
        rows = rows[rows.live & rows.principal_id.isin(principals)]
        parts.append(pd.DataFrame({"principal": rows.principal_id, "words": kind + " " + rows[f"{kind}_id"]}))
    every = pd.concat(parts, ignore_index=True).astype("str")
    return principals.map(every.groupby("principal").words.agg(", ".join)).astype("str").fillna("")
