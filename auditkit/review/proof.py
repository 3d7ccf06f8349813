"""What became of each decision: done, not done, came back, or cannot be told, by a later snapshot."""

from __future__ import annotations

import numpy as np
import pandas as pd

from auditkit.access.tables import Tables

STATUSES = ("not done", "came back", "cannot be told", "done")
COLUMNS = (
    "item",
    "kind",
    "principal_id",
    "whose",
    "says",
    "action",
    "target",
    "status",
    "evidence",
    "decided_by",
    "reason",
)
_COLLECTION = {
    "principal": "principals",
    "credential": "credentials",
    "assignment": "role_assignments",
    "grant": "permission_grants",
}
_SAME = {
    "assignment": ["principal_id", "role_id", "scope_type", "scope_path"],
    "grant": ["principal_id", "permission_id", "scope_type", "scope_path"],
}


def prove(standing: pd.DataFrame, before: Tables, after: Tables) -> pd.DataFrame:
    """Judge every decision that asks for something by the snapshot of `after`.

    `standing` is `Campaign.standing()`, `before` the tables that the campaign judged. Returns `COLUMNS`, what is not
    done first, and of that the credentials that were to be removed and still work before all else.
    """
    asked = standing[standing.action.isin(["keep", "remove", "change", "rotate"])]
    parts = [_judged(asked[asked.kind.eq(kind)], kind, before, after) for kind in _COLLECTION]
    rows = pd.concat(parts, ignore_index=True)
    place = rows.status.map({status: number for number, status in enumerate(STATUSES)})
    live_key = ~(rows.kind.eq("credential") & rows.action.eq("remove") & rows.status.eq("not done"))
    rows = rows.assign(_key=live_key, _place=place).sort_values(["_key", "_place", "item"], ignore_index=True)
    return rows[list(COLUMNS)].astype("str")


def _judged(asked: pd.DataFrame, kind: str, before: Tables, after: Tables) -> pd.DataFrame:
    alive = _alive(kind, after)
    there = asked.record_id.isin(alive.index[alive.known])
    works = asked.record_id.map(alive.works).eq(True)
    evidence = asked.record_id.map(alive.evidence).astype("str").fillna(f"no longer among the {kind}s")
    twin = asked.record_id.map(_twins(kind, before, after)).astype("str")
    renewed = _renewed(asked, kind, after)
    removing = asked.action.isin(["remove", "rotate", "change"])
    new_one = asked.action.isin(["rotate", "change"])
    # A credential that is kept is rotated in time: a newer one in its place is the same access.
    replaced = renewed & (kind == "credential")
    unread = _COLLECTION[kind] in after.snapshot.incomplete
    status = np.select(
        [
            removing & works,
            removing & twin.notna() & asked.action.ne("rotate"),
            pd.Series(unread, index=asked.index) & ~there,
            new_one & ~renewed,
            asked.action.eq("keep") & ~works & ~replaced,
        ],
        ["not done", "came back", "cannot be told", "not done", "not done"],
        "done",
    )
    evidence = evidence.mask(status == "came back", "given again by " + twin)
    evidence = evidence.mask((status == "cannot be told"), f"the {kind}s could not be read whole")
    kept = asked.action.eq("keep") & ~works & replaced
    evidence = evidence.mask(kept & (status == "done"), evidence + "; a newer credential is in its place")
    evidence = evidence.mask((status == "not done") & ~works & new_one, evidence + "; but nothing took its place")
    return asked.assign(status=status, evidence=evidence)


def _alive(kind: str, after: Tables) -> pd.DataFrame:
    """By record id: known, whether it works, and the sentence that proves it."""
    rows, identity = _records(kind, after)
    if kind == "principal":
        works, ended = (
            rows.usable,
            "is " + rows.status.astype("str").str.lower() + _date(rows.expires_at, ", ends ").fillna(""),
        )
    elif kind == "credential":
        works = rows.live
        ended = _date(rows.revoked_at, "revoked on ").fillna(_date(rows.expires_at, "expired on "))
    else:
        works, ended = rows.live, _date(rows.expires_at, "expired on ")
    named = kind + " " + rows[identity] + " "
    evidence = (named + "still works").where(works, named + ended.fillna("no longer works"))
    frame = pd.DataFrame({"known": True, "works": works.to_numpy(), "evidence": evidence.to_numpy()})
    return frame.set_index(pd.Index(rows[identity]))


def _records(kind: str, tables: Tables) -> tuple[pd.DataFrame, str]:
    named = {"principal": "principals", "credential": "credentials", "assignment": "assignments", "grant": "grants"}
    return tables[named[kind]], f"{kind}_id"


def _date(times: pd.Series, before: str) -> pd.Series:
    return before + times.dt.strftime("%Y-%m-%d").astype("str")


def _twins(kind: str, before: Tables, after: Tables) -> pd.Series:
    """For a holding of `before`: the live one of another id in `after` that gives the same again, by its old id."""
    if kind not in _SAME:
        return pd.Series(dtype="str")
    old, identity = _records(kind, before)
    new, _ = _records(kind, after)
    same = [f"_{name}" for name in _SAME[kind]]
    left = old[[identity]].assign(**{f"_{name}": old[name].fillna("\x00") for name in _SAME[kind]})
    right = new[new.live & ~new[identity].isin(old[identity])]
    right = right[[identity]].assign(**{f"_{name}": right[name].fillna("\x00") for name in _SAME[kind]})
    pairs = left.merge(right, on=same, suffixes=("", "_new")).sort_values(f"{identity}_new").drop_duplicates(identity)
    return pairs.set_index(identity)[f"{identity}_new"]


def _renewed(asked: pd.DataFrame, kind: str, after: Tables) -> pd.Series:
    """Whether what was to take the item's place is there: another live credential, an assignment of the role named."""
    if kind == "credential":
        live = after["credentials"]
        live = live[live.live][["principal_id", "credential_id"]]
        pairs = asked[["item", "principal_id", "record_id"]].merge(live, on="principal_id")
        return asked["item"].isin(pairs["item"][pairs.record_id.ne(pairs.credential_id)])
    held = after["assignments"]
    held = held[held.live]
    wanted = asked.principal_id + "\x1f" + asked.target
    return wanted.isin(held.principal_id + "\x1f" + held.role_id)
